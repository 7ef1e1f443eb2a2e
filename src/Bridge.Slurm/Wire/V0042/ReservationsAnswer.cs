namespace Bridge.Slurm.Wire.V0042;

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
