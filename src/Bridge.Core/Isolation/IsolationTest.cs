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
