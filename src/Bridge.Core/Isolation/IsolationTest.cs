using System.Collections.Immutable;
using Bridge.Core.Names;

namespace Bridge.Core.Isolation;

/// <summary>A test by its round, from 1, and its place in the round, from 1; prints as "r3t2".</summary>
public readonly record struct TestId(int Round, int Number)
{
    public override string ToString() => $"r{Round}t{Number}";
}

/// <summary>One collective job to run. Tests of one round share no node and may run at the same time.</summary>
/// <param name="Id">Name of the test; its result carries it back.</param>
/// <param name="Nodes">At least two nodes, in rank order.</param>
/// <param name="Probes">What to measure.</param>
/// <param name="Repeats">How often each probe is measured inside the job; seconds beside the start of a job.</param>
/// <param name="Why">One sentence for the log and the plan.</param>
public sealed record IsolationTest(
    TestId Id, ImmutableArray<NodeName> Nodes, ImmutableArray<Probe> Probes, int Repeats, string Why);

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
