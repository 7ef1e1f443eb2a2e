namespace Bridge.Core.Health;

/// <summary>What a check says of a subject.</summary>
public enum Outcome
{
    /// <summary>The signal was read and is good.</summary>
    Pass,

    /// <summary>The check does not apply: other product, MIG, idle, or not supported by the device.</summary>
    NotApplicable,

    /// <summary>The signal could not be read. Not good, not bad.</summary>
    Unknown,

    /// <summary>Bad, but not yet for as many sweeps as the check asks for.</summary>
    Suspect,

    /// <summary>Bad.</summary>
    Fail,
}

/// <summary>A GPU, or the node where both are null.</summary>
public sealed record Subject(string? Uuid, string? PciBusId)
{
    /// <summary>The node itself.</summary>
    public static readonly Subject Node = new(null, null);

    /// <inheritdoc/>
    public override string ToString() => (Uuid, PciBusId) switch
    {
        (null, null) => "node",
        (null, _) => PciBusId,
        (_, null) => Uuid,
        _ => $"{Uuid} ({PciBusId})",
    };
}

/// <summary>One datum that a verdict rests on.</summary>
public sealed record Evidence(string Signal, double? Value, Absence? Unknown, string? Detail, DateTimeOffset At);

/// <summary>The judgement of one check on one subject.</summary>
public sealed record Verdict
{
    /// <summary>Name of the check, or "xid-79", "sxid-12020", "product".</summary>
    public required string Check { get; init; }

    /// <summary>Whom it is about.</summary>
    public required Subject Subject { get; init; }

    /// <summary>What was found.</summary>
    public required Outcome Outcome { get; init; }

    /// <summary>How bad it would be.</summary>
    public required Severity Severity { get; init; }

    /// <summary>What should follow, if it failed.</summary>
    public required Consequence Consequence { get; init; }

    /// <summary>True where the check fails because it keeps changing.</summary>
    public bool Flapping { get; init; }

    /// <summary>One sentence for a person.</summary>
    public required string Why { get; init; }

    /// <summary>What it rests on, newest first.</summary>
    public required IReadOnlyList<Evidence> Evidence { get; init; }
}

/// <summary>The judgement of a whole node.</summary>
public enum NodeHealth
{
    /// <summary>Every critical check was read and is good.</summary>
    Healthy,

    /// <summary>A critical check could not be read, and none failed.</summary>
    Unknown,

    /// <summary>At least one check failed whose consequence is a drain or worse.</summary>
    Unhealthy,
}

/// <summary>All verdicts on a node.</summary>
public sealed record HealthReport(NodeHealth Health, string Why, IReadOnlyList<Verdict> Verdicts);
