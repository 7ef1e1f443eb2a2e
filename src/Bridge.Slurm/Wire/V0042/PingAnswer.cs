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
