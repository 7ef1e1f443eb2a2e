namespace Bridge.Slurm.Wire.V0042;

/// <summary>GET ping/: 200 even when slurmctld does not answer or refuses the token.</summary>
internal sealed record PingAnswer : Envelope
{
    public Ping[]? Pings { get; init; }
}

internal sealed record Ping
{
    public string? Hostname { get; init; }
    public bool Responding { get; init; }

    /// <summary>Why not; only as of v0.0.45.</summary>
    public string? Status { get; init; }

    /// <summary>UP or DOWN; until v0.0.44.</summary>
    public string? Pinged { get; init; }
}

/// <summary>GET diag/.</summary>
internal sealed record DiagAnswer : Envelope
{
    public Statistics? Statistics { get; init; }
}

/// <summary>Counters that move whenever a job is submitted, starts or ends: the cheapest bell there is for jobs.</summary>
internal sealed record Statistics
{
    public long JobsSubmitted { get; init; }
    public long JobsStarted { get; init; }
    public long JobsCompleted { get; init; }
    public long JobsCanceled { get; init; }
    public long JobsFailed { get; init; }
}

/// <summary>GET reservations/.</summary>
internal sealed record ReservationsAnswer : Envelope
{
    public Reservation[]? Reservations { get; init; }
}

internal sealed record Reservation
{
    public string? Name { get; init; }

    /// <summary>Hostlist.</summary>
    public string? NodeList { get; init; }
}
