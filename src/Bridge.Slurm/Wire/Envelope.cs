namespace Bridge.Slurm.Wire;

/// <summary>
/// What every JSON answer of slurmrestd carries beside its content. HTTP 200 alone is not success: Errors must be
/// empty.
/// </summary>
internal abstract record Envelope
{
    public WireError[]? Errors { get; init; }
    public WireWarning[]? Warnings { get; init; }
    public WireMeta? Meta { get; init; }
    public Number LastUpdate { get; init; }

    /// <summary>
    /// Names, or job ids, of records in the answer that could not be read; "" for one without even that.
    /// </summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public IReadOnlyList<string> Unread { get; init; } = [];
}

/// <summary>An answer of which only the envelope matters, such as that of a write.</summary>
internal sealed record EmptyAnswer : Envelope;

internal sealed record WireError
{
    public int ErrorNumber { get; init; }
    public string? Error { get; init; }
    public string? Description { get; init; }
    public string? Source { get; init; }
}

internal sealed record WireWarning
{
    public string? Description { get; init; }
    public string? Source { get; init; }
}

internal sealed record WireMeta
{
    public WireSlurm? Slurm { get; init; }
}

internal sealed record WireSlurm
{
    /// <summary>Such as 26.05.5.</summary>
    public string? Release { get; init; }

    public string? Cluster { get; init; }
}
