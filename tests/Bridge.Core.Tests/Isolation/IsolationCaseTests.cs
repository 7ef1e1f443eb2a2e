using System.Collections.Immutable;
using Bridge.Core.Isolation;
using Bridge.Core.Names;

namespace Bridge.Core.Tests.Isolation;

/// <summary>Single cases on a fabric without noise, where every test is known.</summary>
public sealed class IsolationCaseTests
{
    private static readonly NodeName Sick = new("n0037");

    [Fact]
    public void A_healthy_fleet_takes_four_parts_and_one_cover()
    {
        var (report, tests) = Run(Fleet(64), test => Measured(test, 1));
        Assert.Empty(report.Verdicts);
        Assert.Equal(64, report.Healthy.Length);
        Assert.Equal([16, 16, 16, 16, 64], tests.Select(test => test.Nodes.Length));
    }

    [Fact]
    public void A_node_on_which_the_collective_hangs_is_blamed()
    {
        var (report, _) = Run(Fleet(64), test => test.Nodes.Contains(Sick)
            ? IsolationResult.Lost(test.Id, TestEnd.Hung) : Measured(test, 1));
        var verdict = Assert.Single(report.Verdicts);
        Assert.Equal((Culprit.Node, Sick), (verdict.Culprit, verdict.Nodes.Single()));
    }

    [Fact]
    public void A_node_that_is_slow_only_with_small_messages_is_blamed_for_latency_alone()
    {
        var (report, _) = Run(Fleet(64), test => Measured(test, 1, probe =>
            probe == Probe.Latency && test.Nodes.Contains(Sick) ? 0.5 : 1));
        var verdict = Assert.Single(report.Verdicts);
        Assert.Equal(Sick, verdict.Nodes.Single());
        Assert.Equal([Probe.Latency], verdict.Symptoms.AsEnumerable());
    }

    [Fact]
    public void A_degradation_that_the_absolute_line_passes_is_found_beside_its_peers()
    {
        var (report, _) = Run(Fleet(64), test => Measured(test, test.Nodes.Contains(Sick) ? 1.05 : 1.3));
        Assert.Equal(Sick, Assert.Single(report.Verdicts).Nodes.Single());
    }

    [Fact]
    public void A_line_that_is_too_high_blames_nobody()
    {
        var (report, _) = Run(Fleet(64), test => Measured(test, 0.7));
        Assert.Equal(Culprit.Fleet, Assert.Single(report.Verdicts).Culprit);
        Assert.Empty(report.Healthy);
    }

    [Fact]
    public void A_slow_test_that_cannot_be_repeated_blames_nobody()
    {
        var (report, _) = Run(Fleet(64), test => Measured(test, test.Id == new TestId(1, 2) ? 0.5 : 1));
        Assert.Empty(report.Verdicts);
        Assert.Equal(64, report.Healthy.Length);
    }

    [Fact]
    public void A_suspect_whose_confirmation_is_always_cancelled_is_unknown_and_not_bad()
    {
        var (report, _) = Run(Fleet(64), test => !test.Nodes.Contains(Sick) ? Measured(test, 1)
            : test.Nodes.Length == 2 ? IsolationResult.Lost(test.Id, TestEnd.Cancelled) : Measured(test, 0.5));
        Assert.DoesNotContain(report.Verdicts, verdict => verdict.Culprit == Culprit.Node);
        Assert.Contains(Sick, report.Unknown);
        Assert.DoesNotContain(Sick, report.Healthy);
    }

    [Fact]
    public void In_a_fleet_without_topology_two_strikes_make_a_probable_verdict()
    {
        var fleet = Fleet(64).Select(candidate => candidate with { Domain = "" });
        var (report, _) = Run(fleet, test => Measured(test, test.Nodes.Contains(Sick) ? 0.5 : 1));
        var verdict = Assert.Single(report.Verdicts);
        Assert.Equal((Sick, Confidence.Probable), (verdict.Nodes.Single(), verdict.Confidence));
    }

    [Fact]
    public void A_slow_way_between_the_only_two_domains_is_put_to_neither()
    {
        var fleet = Fleet(16);
        var home = fleet.ToDictionary(candidate => candidate.Name, candidate => candidate.Domain);
        var (report, _) = Run(
            fleet, test => Measured(test, test.Nodes.DistinctBy(node => home[node]).Count() > 1 ? 0.5 : 1));
        Assert.NotEmpty(report.Verdicts);
        Assert.All(report.Verdicts, verdict => Assert.Equal(Culprit.Unexplained, verdict.Culprit));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Too_few_nodes_for_a_test_are_unknown(int nodes)
    {
        var (report, tests) = Run(Fleet(nodes), test => Measured(test, 1));
        Assert.Empty(tests);
        Assert.Equal(nodes, report.Unknown.Length);
    }

    [Fact]
    public void Two_nodes_that_are_slow_together_are_not_blamed_one_by_one()
    {
        var (report, _) = Run(Fleet(2), test => Measured(test, 0.5));
        Assert.DoesNotContain(report.Verdicts, verdict => verdict.Culprit is Culprit.Node or Culprit.Link);
    }

    [Fact]
    public void A_candidate_that_is_there_twice_is_named()
    {
        var twice = Assert.Throws<ArgumentException>(() =>
            IsolationPlanner.Start([.. Fleet(4), Fleet(4)[2]], SimulatedFabric.Options));
        Assert.Contains("n0002 is there twice", twice.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_mistake_in_the_options_is_named_at_once()
    {
        var options = SimulatedFabric.Options with
        {
            Lines = [new PassLine(Probe.Latency, [(2, -1)])], Repeats = 1, Tolerance = 3, Attempts = 0, MaxRounds = 0,
        };
        var message = Assert.Throws<ArgumentException>(() => IsolationPlanner.Start(Fleet(4), options)).Message;
        foreach (var field in new[] { "lines:", "repeats:", "tolerance:", "attempts:", "maxRounds:" })
            Assert.Contains(field, message, StringComparison.Ordinal);
    }

    private static ImmutableArray<Candidate> Fleet(int nodes) =>
        [.. Enumerable.Range(0, nodes)
            .Select(node => new Candidate(new NodeName($"n{node:D4}"), $"leaf-{node / 8:D2}"))];

    private static IsolationResult Measured(IsolationTest test, double score, Func<Probe, double>? factor = null)
    {
        var measured = SimulatedFabric.Options.Lines.Where(line => test.Probes.Contains(line.Probe)).Select(line =>
        {
            var speed = line.At(test.Nodes.Length) * score * (factor?.Invoke(line.Probe) ?? 1);
            return new Measurement(line.Probe, speed, speed);
        });
        return new IsolationResult(test.Id, TestEnd.Measured, [.. measured]);
    }

    private static (IsolationReport Report, List<IsolationTest> Tests) Run(
        IEnumerable<Candidate> candidates, Func<IsolationTest, IsolationResult> run)
    {
        var tests = new List<IsolationTest>();
        var step = IsolationPlanner.Start(candidates, SimulatedFabric.Options);
        while (step.Report is null)
        {
            tests.AddRange(step.Tests);
            step = IsolationPlanner.Next(step.State, step.Tests.Select(run).ToArray());
        }
        return (step.Report, tests);
    }
}
