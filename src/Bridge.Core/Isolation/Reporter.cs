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

    private static Verdict Verdict(Casework work, Finding finding)
    {
        var proof = finding.Proof.Select(place => work.Evidence.Tests[place]).ToArray();
        var slow = proof.Aggregate(0u, (bits, test) => bits | test.FailedProbes);
        ImmutableArray<Probe> symptoms =
            [.. work.Options.Lines.Select(line => line.Probe).Where((_, i) => (slow & (1u << i)) != 0)];
        ImmutableArray<NodeName> nodes = [.. finding.Nodes.Select(node => work.Fleet.Names[node])];
        var domain = finding.Culprit == Culprit.Switch ? work.Fleet.Domains[finding.Domain] : "";
        return new Verdict(finding.Culprit, nodes, domain, finding.Confidence,
            [.. proof.Select(test => test.Id)], symptoms, finding.Why);
    }
}
