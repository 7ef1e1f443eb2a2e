using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Bridge.Core.Isolation;
using Bridge.Core.Names;

namespace Bridge.Core.Tests.Isolation;

/// <summary>One isolation, run to its end on a simulated fabric, with what it cost and what it got wrong.</summary>
/// <param name="Tests">Tests run, lost ones included.</param>
/// <param name="Rounds">Rounds until the last test.</param>
/// <param name="NodeTests">Nodes over all tests; times the length of a test it is node time.</param>
/// <param name="Missed">Faults that no verdict names.</param>
/// <param name="False">Verdicts on nodes, links, switches or the fleet that are not true.</param>
/// <param name="Report">What the planner said.</param>
/// <param name="Log">The tests in the order in which they were run.</param>
public sealed record Campaign(
    int Tests, int Rounds, int NodeTests, int Missed, int False, IsolationReport Report,
    ImmutableArray<IsolationTest> Log)
{
    /// <summary>1 when something slow was left without a reason.</summary>
    public int Unexplained => Report.Verdicts.Any(verdict => verdict.Culprit == Culprit.Unexplained) ? 1 : 0;

    public static Campaign Run(FaultClass fault, int nodes, int seed) =>
        Run(new SimulatedFabric(fault, nodes, seed), fault);

    public static Campaign Run(SimulatedFabric fabric, FaultClass fault, StringBuilder? trace = null)
    {
        var log = ImmutableArray.CreateBuilder<IsolationTest>();
        var step = IsolationPlanner.Start(fabric.Candidates, SimulatedFabric.Options);
        while (step.Report is null)
        {
            log.AddRange(step.Tests);
            var results = step.Tests.Select(fabric.Run).ToArray();
            Trace(trace, step, results);
            step = IsolationPlanner.Next(step.State, results);
        }
        var verdicts = step.Report.Verdicts;
        var missed = fabric.Faults.Count(real => !verdicts.Any(verdict => IsTrue(verdict, real, fabric)));
        var isFalse = verdicts.Count(verdict => verdict.Culprit is not (Culprit.Unexplained or Culprit.Fleet)
            && !fabric.Faults.Any(real => IsTrue(verdict, real, fabric)));
        var fleet = verdicts.Any(verdict => verdict.Culprit == Culprit.Fleet);
        if (fault == FaultClass.AllSlow && !fleet) missed++;
        if (fault != FaultClass.AllSlow && fleet) isFalse++;
        var nodeTests = log.Sum(test => test.Nodes.Length);
        return new Campaign(log.Count, log.Count == 0 ? 0 : log[^1].Id.Round, nodeTests, missed, isFalse,
            step.Report, log.ToImmutable());
    }

    private static bool IsTrue(IsolationVerdict verdict, SimulatedFault real, SimulatedFabric fabric) =>
        verdict.Culprit == real.Culprit && verdict.Domain == real.Domain
        && (real.Culprit == Culprit.Switch || verdict.Nodes.SequenceEqual(Names(real, fabric)));

    private static IEnumerable<NodeName> Names(SimulatedFault real, SimulatedFabric fabric) =>
        real.Nodes.Select(node => fabric.Candidates[node].Name);

    private static void Trace(StringBuilder? trace, IsolationStep step, IsolationResult[] results)
    {
        if (trace is null) return;
        foreach (var (test, result) in step.Tests.Zip(results))
        {
            var speeds = string.Join(' ', result.Measurements.Select(measurement =>
                string.Create(CultureInfo.InvariantCulture, $"{measurement.Slow / 1e9,6:F1}")));
            trace.AppendLine($"{test.Id,-5} {test.Nodes.Length,4} nodes {test.Nodes[0]}..{test.Nodes[^1]} "
                + $"{(result.End == TestEnd.Measured ? speeds : result.End.ToString()),21}  {test.Why}");
        }
    }
}
