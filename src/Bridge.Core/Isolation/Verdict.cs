using System.Collections.Immutable;
using Bridge.Core.Names;

namespace Bridge.Core.Isolation;

/// <summary>What is to blame.</summary>
public enum Culprit
{
    Node,

    /// <summary>The path between two nodes that are healthy with everybody else.</summary>
    Link,

    /// <summary>The switch or rail that a whole domain hangs on; its nodes are not blamed.</summary>
    Switch,

    /// <summary>
    /// Everything is slow alike: the whole fabric, or the line it is held against. No node is blamed.
    /// </summary>
    Fleet,

    /// <summary>Something was slow and no part of it stays slow. Nobody is blamed, nobody is cleared.</summary>
    Unexplained,
}

/// <summary>How firm a verdict is.</summary>
public enum Confidence
{
    /// <summary>The best that the topology or the evidence allowed; the reason says what is missing.</summary>
    Probable,

    /// <summary>
    /// At least two strikes against different healthy partners, at least one of them of another domain.
    /// </summary>
    Confirmed,
}

/// <summary>One conclusion.</summary>
/// <param name="Culprit">Kind of fault.</param>
/// <param name="Nodes">The node, the two ends of the link, or everything that hangs on the switch.</param>
/// <param name="Domain">The domain of the switch; else empty.</param>
/// <param name="Confidence">How firm it is.</param>
/// <param name="Proof">The tests that prove it, oldest first.</param>
/// <param name="Symptoms">The probes that were slow in them.</param>
/// <param name="Why">One sentence for drain reason, event and ledger.</param>
public sealed record Verdict(
    Culprit Culprit, ImmutableArray<NodeName> Nodes, string Domain, Confidence Confidence,
    ImmutableArray<TestId> Proof, ImmutableArray<Probe> Symptoms, string Why);

/// <summary>
/// What is known at the end. Every candidate is in one of the three lists or in a verdict of node or switch.
/// </summary>
/// <param name="Verdicts">Faults, in the order in which they were proven.</param>
/// <param name="Healthy">Nodes that passed a test and are in no open suspicion.</param>
/// <param name="Unknown">Nodes without evidence either way, or of an unexplained slow group.</param>
public sealed record IsolationReport(
    ImmutableArray<Verdict> Verdicts, ImmutableArray<NodeName> Healthy, ImmutableArray<NodeName> Unknown);
