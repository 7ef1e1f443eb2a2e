using Bridge.Core.Isolation;

namespace Bridge.Core.Tests.Isolation;

/// <summary>Laws that hold for every fault, size and seed.</summary>
public sealed class IsolationPlannerTests
{
    private const int Seeds = 25;

    public static TheoryData<FaultClass, int> Classes()
    {
        var classes = new TheoryData<FaultClass, int>();
        foreach (var fault in Enum.GetValues<FaultClass>())
            foreach (var nodes in new[] { 16, 64, 232 }) classes.Add(fault, nodes);
        return classes;
    }

    [Theory, MemberData(nameof(Classes))]
    public void Every_fault_is_found_and_nobody_else_is_blamed(FaultClass fault, int nodes)
    {
        for (int seed = 0; seed < Seeds; seed++)
        {
            var campaign = Campaign.Run(fault, nodes, seed);
            Assert.True(campaign is { Missed: 0, False: 0 }, $"bench isolation {fault} {nodes} {seed}: {campaign}");
        }
    }

    [Theory, MemberData(nameof(Classes))]
    public void Tests_of_a_round_share_no_node_and_have_two_nodes_at_least(FaultClass fault, int nodes)
    {
        foreach (var round in Campaign.Run(fault, nodes, seed: 1).Log.GroupBy(test => test.Id.Round))
        {
            var used = round.SelectMany(test => test.Nodes).ToArray();
            Assert.Equal(used.Length, used.Distinct().Count());
            Assert.All(round, test => Assert.True(test.Nodes.Length >= 2));
        }
    }

    [Theory, MemberData(nameof(Classes))]
    public void A_blamed_node_has_two_strikes_with_different_partners_that_passed_elsewhere(FaultClass fault, int nodes)
    {
        for (int seed = 0; seed < Seeds; seed++)
        {
            var campaign = Campaign.Run(fault, nodes, seed);
            foreach (var verdict in campaign.Report.Verdicts.Where(verdict => verdict.Culprit == Culprit.Node))
            {
                var partners = verdict.Proof.SelectMany(id => campaign.Log.Single(test => test.Id == id).Nodes)
                    .Where(node => node != verdict.Nodes[0]).ToArray();
                Assert.True(partners.Distinct().Count() >= 2);
                Assert.All(partners, partner => Assert.Contains(partner, campaign.Report.Healthy));
            }
        }
    }

    [Fact]
    public void The_order_of_candidates_and_results_changes_nothing()
    {
        var fabric = new SimulatedFabric(FaultClass.KBad, 64, seed: 5);
        var again = new SimulatedFabric(FaultClass.KBad, 64, seed: 5);
        var one = IsolationPlanner.Start(fabric.Candidates, SimulatedFabric.Options);
        var other = IsolationPlanner.Start(fabric.Candidates.Reverse(), SimulatedFabric.Options);
        while (one.Report is null)
        {
            Assert.Equal(Text(one), Text(other));
            one = IsolationPlanner.Next(one.State, [.. one.Tests.Select(fabric.Run)]);
            other = IsolationPlanner.Next(other.State, [.. other.Tests.Select(again.Run).Reverse()]);
        }
        Assert.Equal(Text(one), Text(other));
    }

    [Fact]
    public void The_same_state_and_results_give_the_same_step()
    {
        var fabric = new SimulatedFabric(FaultClass.OneBad, 64, seed: 3);
        var step = IsolationPlanner.Start(fabric.Candidates, SimulatedFabric.Options);
        while (step.Report is null)
        {
            IsolationResult[] results = [.. step.Tests.Select(fabric.Run)];
            var next = IsolationPlanner.Next(step.State, results);
            Assert.Equal(Text(next), Text(IsolationPlanner.Next(step.State, results)));
            step = next;
        }
    }

    [Theory]
    [InlineData(TestEnd.Cancelled)]
    [InlineData(TestEnd.Failed)]
    public void When_no_test_can_be_run_everybody_is_unknown_and_nobody_is_blamed(TestEnd end)
    {
        var fabric = new SimulatedFabric(FaultClass.OneBad, 64, seed: 0);
        var report = Run(fabric.Candidates, test => IsolationResult.Lost(test.Id, end));
        Assert.Empty(report.Verdicts);
        Assert.Empty(report.Healthy);
        Assert.Equal(64, report.Unknown.Length);
    }

    [Theory, MemberData(nameof(Classes))]
    public void However_many_tests_are_lost_nobody_is_blamed_falsely(FaultClass fault, int nodes)
    {
        for (int seed = 0; seed < Seeds; seed++)
        {
            var fabric = new SimulatedFabric(fault, nodes, seed) { Losses = 0.5 };
            Assert.True(Campaign.Run(fabric, fault) is { False: 0 }, $"{fault} {nodes} {seed}");
        }
    }

    [Theory, MemberData(nameof(Classes))]
    public void Every_candidate_is_healthy_or_unknown_or_part_of_a_verdict(FaultClass fault, int nodes)
    {
        var report = Campaign.Run(fault, nodes, seed: 2).Report;
        var blamed = report.Verdicts.Where(verdict => verdict.Culprit is Culprit.Node or Culprit.Switch)
            .SelectMany(verdict => verdict.Nodes);
        Assert.Equal(nodes, report.Healthy.Concat(report.Unknown).Concat(blamed).Distinct().Count());
        Assert.Equal(nodes, report.Healthy.Length + report.Unknown.Length + blamed.Distinct().Count());
    }

    [Fact]
    public void A_result_of_another_round_is_left_aside()
    {
        var fabric = new SimulatedFabric(FaultClass.None, 64, seed: 0);
        var step = IsolationPlanner.Start(fabric.Candidates, SimulatedFabric.Options);
        var stale = new IsolationResult(new TestId(9, 1), TestEnd.Hung, []);
        var next = IsolationPlanner.Next(step.State, [stale]);
        Assert.Equal(step.Tests.Select(test => test.Nodes.Length), next.Tests.Select(test => test.Nodes.Length));
    }

    internal static IsolationReport Run(IEnumerable<Candidate> candidates, Func<IsolationTest, IsolationResult> run)
    {
        var step = IsolationPlanner.Start(candidates, SimulatedFabric.Options);
        while (step.Report is null) step = IsolationPlanner.Next(step.State, [.. step.Tests.Select(run)]);
        return step.Report;
    }

    private static string Text(IsolationStep step) => string.Join('\n',
        step.Tests.Select(
        test => $"{test.Id} {string.Join(',', test.Nodes)} {string.Join(',', test.Probes)} {test.Why}")
            .Concat(step.Report?.Verdicts.Select(
                verdict => $"{verdict.Culprit} {string.Join(',', verdict.Nodes)} {verdict.Why}") ?? []));
}
