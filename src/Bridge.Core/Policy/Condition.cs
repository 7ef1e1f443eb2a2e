using Bridge.Core.Model;

namespace Bridge.Core.Policy;

/// <summary>A status condition (metav1.Condition) of one of Bridge's own resources.</summary>
public sealed record Condition
{
    public required string Type { get; init; }
    public required ConditionStatus Status { get; init; }

    /// <summary>One CamelCase word.</summary>
    public required string Reason { get; init; }

    /// <summary>One sentence that says what is wrong and what would be right.</summary>
    public required string Message { get; init; }

    public long ObservedGeneration { get; init; }

    /// <summary>When the status last changed; the planner keeps it while the status stays.</summary>
    public DateTimeOffset LastTransitionTime { get; init; }

    /// <summary>Same verdict, whatever the time.</summary>
    public bool SameAs(Condition? other) =>
        other is not null && this with { LastTransitionTime = default } == other with { LastTransitionTime = default };
}
