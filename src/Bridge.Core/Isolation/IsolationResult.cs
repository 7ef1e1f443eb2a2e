using System.Collections.Immutable;

namespace Bridge.Core.Isolation;

/// <summary>How a test ended.</summary>
public enum TestEnd
{
    /// <summary>Every probe was measured.</summary>
    Measured,

    /// <summary>Every rank had joined and the collective did not end in time: evidence, as slow as it gets.</summary>
    Hung,

    /// <summary>It did not start, or broke before it measured: no evidence.</summary>
    Failed,

    /// <summary>Cancelled, preempted or never scheduled: no evidence.</summary>
    Cancelled,
}

/// <summary>
/// What one probe showed, as bus bandwidth in bytes per second (nccl-tests, PERFORMANCE.md) of its slowest step.
/// </summary>
/// <param name="Probe">What was measured.</param>
/// <param name="Typical">Median of the repeats.</param>
/// <param name="Slow">The second slowest repeat: one slow repeat is noise, two are a symptom.</param>
public readonly record struct Measurement(Probe Probe, double Typical, double Slow);

/// <summary>What came back of a test.</summary>
public sealed record IsolationResult(TestId Id, TestEnd End, ImmutableArray<Measurement> Measurements)
{
    public static IsolationResult Lost(TestId id, TestEnd end) => new(id, end, []);
}
