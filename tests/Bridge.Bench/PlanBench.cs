using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Bridge.Core.Planning;
using Bridge.Core.View;

namespace Bridge.Bench;

/// <summary>
/// `bench plan [--nodes N]`: what one plan costs when nothing changed, when only jobs did, when everything was read
/// anew but says the same,
/// and when everything is to be done. Medians of several rounds after warming up, one thread.
/// </summary>
public static class PlanBench
{
    private const string Name = "plan";
    private const int Rounds = 9;

    // A daemon at rest plans for months: what its first minute compiles is not what idling costs.
    private const int IdleRounds = 61;
    private const double IdleLimit = 0.050;

    public static Task<int> RunAsync(string[] args)
    {
        if (Count(args) is { } nodes)
            return Task.FromResult(Measure(nodes));
        Console.Error.WriteLine("usage: bench plan [--nodes N], with N from 4 to 50000");
        return Task.FromResult(2);
    }

    private static int? Count(string[] args) => args switch
    {
        [] => 10_000,
        ["--nodes", var text] when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var nodes)
            && nodes is >= 4 and <= 50_000 => nodes,
        _ => null,
    };

    private static int Measure(int nodes)
    {
        var bare = PlanFleet.Bare(nodes);
        var settled = PlanFleet.Settle(bare);
        new BenchLine(Name, "plan_nodes", nodes, "nodes").Print();
        // As after a tick that found all as it was: Slurm's view is a new value, Kubernetes' the same one.
        var memory = new PlanMemory();
        var idle = Time(() => PlanFleet.Tick(settled), memory, expected: 0, IdleRounds);
        // A job came: its nodes are the same ones still.
        var jobs = Time(() => PlanFleet.JobCame(settled), memory, PlanFleet.StatusesOfAJob, IdleRounds);
        var reread = Time(() => PlanFleet.Reread(settled), memory, expected: 0);
        // A claim and a pod for each node, the status of cluster and pools, finalizer and status of each policy.
        var all = Time(
            () => PlanFleet.Bare(nodes), memory, (2 * nodes) + 1 + PlanFleet.Pools + (2 * PlanFleet.Partitions));
        // One drain names them all.
        var drain = Time(() => PlanFleet.Cordon(settled), memory, expected: 1);
        var holds = Print("plan_idle", idle, IdleLimit, all.Seconds);
        Print("plan_jobs_changed", jobs, null, all.Seconds);
        Print("plan_reread", reread, null, all.Seconds);
        Print("plan_all", all, null, all.Seconds);
        Print("plan_all_cordoned", drain, null, all.Seconds);
        return holds ? 0 : 1;
    }

    private static bool Print(string what, Cost cost, double? limit, double all)
    {
        var ratio = string.Create(CultureInfo.InvariantCulture, $"{cost.Seconds / all:F3} x plan_all_seconds");
        new BenchLine(Name, what + "_alloc_bytes", cost.Bytes, "bytes").Print();
        new BenchLine(Name, what + "_cpu_seconds", cost.Cpu, "s").Print();
        return new BenchLine(Name, what + "_seconds", cost.Seconds, "s", limit, ratio).Print();
    }

    private static Cost Time(Func<ClusterView> view, PlanMemory memory, int expected, int rounds = Rounds)
    {
        var costs = new List<Cost>(rounds);
        for (var round = 0; round < rounds; round++)
        {
            var seen = view();
            GC.Collect();
            var bytes = GC.GetAllocatedBytesForCurrentThread();
            var cpu = ThreadSeconds();
            var clock = Stopwatch.StartNew();
            var plan = ClusterPlanner.Plan(seen, memory, PlanFleet.Now);
            var seconds = clock.Elapsed.TotalSeconds;
            costs.Add(new Cost(seconds, ThreadSeconds() - cpu, GC.GetAllocatedBytesForCurrentThread() - bytes));
            if (plan.Steps.Length != expected)
                throw new InvalidOperationException($"the plan has {plan.Steps.Length} steps instead of {expected}, "
                    + $"the first: {plan.Steps.FirstOrDefault()?.Why}");
        }
        // The first rounds compile.
        var warm = costs.Skip(rounds / 2).ToImmutableArray();
        return new Cost(
            Median(warm.Select(c => c.Seconds)),
            Median(warm.Select(c => c.Cpu)),
            (long)Median(warm.Select(c => (double)c.Bytes)));
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    // On a processor, in seconds: what a machine with other work to do takes away is not in it. proc(5), schedstat.
    private static double ThreadSeconds() =>
        long.Parse(File.ReadAllText("/proc/thread-self/schedstat").Split(' ')[0], CultureInfo.InvariantCulture) / 1e9;

    private readonly record struct Cost(double Seconds, double Cpu, long Bytes);
}
