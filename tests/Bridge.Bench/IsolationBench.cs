using System.Globalization;
using System.Text;
using System.Text.Json;
using Bridge.Core.Tests.Isolation;

namespace Bridge.Bench;

/// <summary>
/// `bench isolation [--seeds N]` runs every fault class on four sizes of fleet and prints what it took; `bench
/// isolation CLASS NODES SEED` prints one campaign, test by test.
/// </summary>
public static class IsolationBench
{
    private const string Name = "isolation";
    private const int Seeds = 10_000;

    /// <summary>
    /// NVCRE, the best published planner: 232 nodes in 22 to 57 tests and 7 rounds; 28 tests when all are healthy.
    /// </summary>
    private const double PublishedTests = 22;
    private static readonly int[] Sizes = [16, 64, 232, 1000];

    public static Task<int> RunAsync(string[] args)
    {
        if (args.Length == 0) return Task.FromResult(Measure(Seeds));
        if (args is ["--seeds", var text] && int.TryParse(text, CultureInfo.InvariantCulture, out var seeds)
            && seeds > 0)
            return Task.FromResult(Measure(seeds));
        if (args.Length == 3 && Enum.TryParse<FaultClass>(args[0], ignoreCase: true, out var fault)
            && int.TryParse(args[1], CultureInfo.InvariantCulture, out var nodes) && nodes >= 16
            && int.TryParse(args[2], CultureInfo.InvariantCulture, out var seed))
            return Task.FromResult(Show(fault, nodes, seed));
        Console.Error.WriteLine("usage: bench isolation [--seeds N] | "
            + $"{string.Join('|', Enum.GetNames<FaultClass>())} NODES SEED");
        return Task.FromResult(2);
    }

    private static int Measure(int seeds)
    {
        int missed = 0, falsely = 0;
        var holds = true;
        foreach (var nodes in Sizes)
        {
            foreach (var fault in Enum.GetValues<FaultClass>())
            {
                var cost = new IsolationCost(fault, nodes, seeds);
                missed += cost.Missed;
                falsely += cost.False;
                Print(cost, fault, nodes);
                if (nodes == 232 && fault == FaultClass.OneBad) holds &= PrintGoal(cost.Tests);
            }
            new BenchLine(Name, $"isolation_exhaustive_pairs_{nodes}", nodes * (nodes - 1) / 2, "tests").Print();
        }
        holds &= new BenchLine(Name, "isolation_missed", missed, "faults", 0).Print();
        holds &= new BenchLine(Name, "isolation_false", falsely, "verdicts", 0).Print();
        return holds ? 0 : 1;
    }

    private static bool PrintGoal(Spread tests)
    {
        var ratio = string.Create(
            CultureInfo.InvariantCulture, $"{tests.Median / PublishedTests:F2} x the best published run");
        var median = new BenchLine(Name, "isolation_tests_median_232", tests.Median, "tests", PublishedTests, ratio)
            .Print();
        return new BenchLine(Name, "isolation_tests_max_232", tests.Max, "tests", 57, "published: 22 to 57").Print()
            && median;
    }

    private static void Print(IsolationCost cost, FaultClass fault, int nodes)
    {
        void Line(string what, double value, string unit) =>
            new BenchLine(Name, $"isolation_{SnakeCase(fault)}_{nodes}_{what}", value, unit).Print();
        Line("tests_median", cost.Tests.Median, "tests");
        Line("tests_p99", cost.Tests.P99, "tests");
        Line("tests_max", cost.Tests.Max, "tests");
        Line("rounds_median", cost.Rounds.Median, "rounds");
        Line("rounds_p99", cost.Rounds.P99, "rounds");
        Line("rounds_max", cost.Rounds.Max, "rounds");
        Line("node_tests_median", cost.NodeTests.Median, "nodes x tests");
        Line("unexplained", cost.Unexplained, "campaigns");
        if (cost.WrongSeeds.Length > 0)
            Console.Error.WriteLine($"bench {Name}: {fault} {nodes} went wrong with seeds {cost.WrongSeeds}");
    }

    private static string SnakeCase(FaultClass fault) =>
        JsonNamingPolicy.SnakeCaseLower.ConvertName(fault.ToString());

    private static int Show(FaultClass fault, int nodes, int seed)
    {
        var trace = new StringBuilder();
        var campaign = Campaign.Run(new SimulatedFabric(fault, nodes, seed), fault, trace);
        Console.Out.Write(trace);
        foreach (var verdict in campaign.Report.Verdicts)
            Console.Out.WriteLine(
                $"{verdict.Culprit}, {verdict.Confidence} by {string.Join(' ', verdict.Proof)}: {verdict.Why}");
        Console.Out.WriteLine(
            $"{campaign.Tests} tests in {campaign.Rounds} rounds, {campaign.NodeTests} nodes x tests; "
            + $"{campaign.Report.Healthy.Length} healthy, {campaign.Report.Unknown.Length} unknown");
        return campaign.Missed + campaign.False == 0 ? 0 : 1;
    }
}
