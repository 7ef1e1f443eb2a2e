namespace Bridge.Core.Health;

/// <summary>What the evaluator looks at.</summary>
public sealed record HealthInput
{
    /// <summary>The newest sweep.</summary>
    public required GpuSweep Current { get; init; }

    /// <summary>Earlier sweeps of the same node, oldest first.</summary>
    public IReadOnlyList<GpuSweep> History { get; init; } = [];

    /// <summary>Events of the same node, in any order.</summary>
    public IReadOnlyList<GpuEvent> Events { get; init; } = [];

    /// <summary>The tables.</summary>
    public required HealthRules Rules { get; init; }

    /// <summary>What was promised about the node.</summary>
    public GpuExpectation Expectation { get; init; } = new();
}
