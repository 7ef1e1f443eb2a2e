using System.Collections.Immutable;
using Bridge.Core.Names;

namespace Bridge.Core.Isolation;

/// <summary>Turns findings into the report and leaves no slow test without a reason.</summary>
internal static class Reporter
{
    public static IsolationReport Report(Casework work)
    {
        if (!work.Over) NameUnexplained(work);
        var open = work.Findings.Where(finding => finding.Culprit is Culprit.Unexplained or Culprit.Fleet)
            .SelectMany(finding => finding.Nodes).ToHashSet();
        var left = work.Fleet.All.Where(node => !work.Removed(node));
        var healthy = left.ToLookup(
            node => work.Evidence.Proven(node) && !open.Contains(node), node => work.Fleet.Names[node]);
        return new IsolationReport(
            [.. work.Findings.Select(finding => Verdict(work, finding))], [.. healthy[true]], [.. healthy[false]]);
    }

    /// <summary>The smallest slow tests first: what holds an unexplained group is slow because of it.</summary>
    private static void NameUnexplained(Casework work)
    {
        foreach (var test in work.Evidence.Tests.Where(test => test.Failed).OrderBy(test => test.Nodes.Length))
        {
            if (IsExplained(work, test)) continue;
            work.Find(new Finding(Culprit.Unexplained, test.Nodes, 0, Confidence.Probable, work.Places([test]),
                $"{test.Nodes.Length} nodes were slow together and no culprit among them could be proven"));
        }
    }

    /// <summary>A culprit or an unexplained group is in the test, or the same nodes passed together later.</summary>
    private static bool IsExplained(Casework work, JudgedTest test) =>
        test.Nodes.Any(work.Removed)
        || work.Findings.Any(finding => !finding.Removes && finding.Nodes.All(node => test.Nodes.Contains(node)))
        || work.Evidence.Tests.Any(later => later.Id.Round > test.Id.Round
            && (test.FailedProbes & ~later.PassedProbes) == 0 && test.Nodes.All(node => later.Nodes.Contains(node)));

    private static IsolationVerdict Verdict(Casework work, Finding finding)
    {
        var proof = finding.Proof.Select(place => work.Evidence.Tests[place]).ToArray();
        var slow = proof.Aggregate(0u, (bits, test) => bits | test.FailedProbes);
        ImmutableArray<Probe> symptoms =
            [.. work.Options.Lines.Select(line => line.Probe).Where((_, i) => (slow & (1u << i)) != 0)];
        ImmutableArray<NodeName> nodes = [.. finding.Nodes.Select(node => work.Fleet.Names[node])];
        var domain = finding.Culprit == Culprit.Switch ? work.Fleet.Domains[finding.Domain] : "";
        return new IsolationVerdict(finding.Culprit, nodes, domain, finding.Confidence,
            [.. proof.Select(test => test.Id)], symptoms, finding.Why);
    }
}

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
public sealed record IsolationVerdict(
    Culprit Culprit, ImmutableArray<NodeName> Nodes, string Domain, Confidence Confidence,
    ImmutableArray<TestId> Proof, ImmutableArray<Probe> Symptoms, string Why);

/// <summary>
/// What is known at the end. Every candidate is in one of the three lists or in a verdict of node or switch.
/// </summary>
/// <param name="Verdicts">Faults, in the order in which they were proven.</param>
/// <param name="Healthy">Nodes that passed a test and are in no open suspicion.</param>
/// <param name="Unknown">Nodes without evidence either way, or of an unexplained slow group.</param>
public sealed record IsolationReport(
    ImmutableArray<IsolationVerdict> Verdicts, ImmutableArray<NodeName> Healthy, ImmutableArray<NodeName> Unknown);
