namespace Bridge.Slurm.Wire.V0042;

/// <summary>POST nodes/: only what is not null is written.</summary>
internal sealed record NodeUpdate
{
    /// <summary>Hostlist expressions.</summary>
    public required string[] Name { get; init; }

    public string[]? State { get; init; }
    public string? Reason { get; init; }
    public string? Comment { get; init; }
    public string? Extra { get; init; }
    public string[]? Features { get; init; }

    /// <summary>
    /// Goes with Features: alone, a smaller list is refused with error 2031 (active features not a subset).
    /// </summary>
    public string[]? FeaturesAct { get; init; }

    public Number? Weight { get; init; }
}
