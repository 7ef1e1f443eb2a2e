using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Bridge.Bench;

/// <summary>
/// `bench storm [--tasks N]`: an array of short one-GPU tasks on a real Slurm of eight nodes, four times: without
/// Bridge, with it twice, without. How long after a task's end kubectl shows it, whether one is missed, and what Bridge
/// costs slurmctld. Needs root and what scripts/setup makes; its lab is wiped before and after.
/// </summary>
public static class StormBench
{
    private const string Name = "storm";
    private const int Nodes = 8;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Late = TimeSpan.FromMinutes(1);

    // After the last end, in both ways of running, so that what is still written then is counted in both.
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(5);

    public static async Task<int> RunAsync(string[] args)
    {
        var tasks = 2_000;
        if (args is not [] && !(args is ["--tasks", var number]
            && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out tasks)
            && tasks is > 0 and <= 20_000))
        {
            Console.Error.WriteLine("usage: bench storm [--tasks N], at most 20000 tasks");
            return 2;
        }
        await using var lab = await DemoLab.StartAsync(Name, Nodes);
        var storms = new List<Storm>();
        // Without, with, with, without: what slurmctld still holds of earlier storms weighs on both alike.
        foreach (var bridged in (bool[])[false, true, true, false])
        {
            if (bridged)
                await lab.StartBridgeAsync();
            else
                await lab.StopBridgeAsync();
            storms.Add(await MeasureAsync(lab, tasks, bridged));
        }
        return Print(storms, tasks) ? 0 : 1;
    }

    private static async Task<Storm> MeasureAsync(DemoLab lab, int tasks, bool bridged)
    {
        var shown = new ConcurrentDictionary<string, DateTimeOffset>();
        using var watch = bridged ? lab.Watch(shown) : null;
        var ends = new Dictionary<int, DateTimeOffset>();
        long position = 0;
        var slurmctld = ProcessTimes.Of(lab.Slurmctld);
        var bridge = bridged ? ProcessTimes.Of(lab.BridgeProcess) : default;
        var array = await lab.SubmitAsync(tasks);
        await UntilAsync($"{tasks} tasks to end", Longest, () =>
        {
            lab.ReadEnds(array, ref position, ends);
            return ends.Count == tasks;
        });
        await Scripts.MeasureForAsync(Settle);
        var cost = ProcessTimes.Of(lab.Slurmctld) - slurmctld;
        var own = bridged ? ProcessTimes.Of(lab.BridgeProcess) - bridge : default;
        if (watch is not null)
        {
            // One that is not there by then counts as missed.
            await UntilAsync("", Late, () => shown.Count >= tasks);
            watch.Kill();
            await watch.WaitForExitAsync();
        }
        return new Storm(bridged, array, ends, shown.ToDictionary(), cost.Self, own);
    }

    private static async Task UntilAsync(string what, TimeSpan atMost, Func<bool> condition)
    {
        var clock = Stopwatch.StartNew();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(250), TimeProvider.System);
        while (!condition())
        {
            if (clock.Elapsed > atMost && what.Length > 0)
                throw new TimeoutException($"waited {atMost} for {what}");
            if (clock.Elapsed > atMost)
                return;
            await timer.WaitForNextTickAsync();
        }
    }

    private static bool Print(List<Storm> storms, int tasks)
    {
        var with = storms.FindAll(s => s.Bridged);
        var without = storms.FindAll(s => !s.Bridged);
        var delays = with.SelectMany(s => s.Delays).Order().ToList();
        var missed = (with.Count * tasks) - delays.Count;
        var own = with.Aggregate(default(ProcessTimes), (sum, s) => sum + s.Bridge);
        var (loaded, bare) = (with.Sum(s => s.Slurmctld), without.Sum(s => s.Slurmctld));
        Line("storm_tasks", tasks, "tasks, in each of two storms with Bridge and two without");
        Line("storm_ends_per_second_slurm", without.Average(s => s.EndsPerSecond), "1/s, without Bridge");
        Line("storm_ends_per_second", with.Average(s => s.EndsPerSecond), "1/s, with Bridge");
        Line("storm_end_to_kubectl_p50_seconds", At(delays, 0.50), "s");
        Line("storm_end_to_kubectl_max_seconds", At(delays, 1), "s");
        Line("storm_cpu_seconds_slurmctld_alone", bare, "s");
        Line("storm_cpu_seconds_slurmctld", loaded, "s");
        Line("storm_cpu_seconds_bridge", own.Self, "s");
        Line("storm_cpu_seconds_client", own.Children, "s");
        // All are printed, also where one does not hold.
        return Line("storm_end_to_kubectl_p99_seconds", At(delays, 0.99), "s", 1)
            & Line("storm_cpu_ratio", loaded / bare, "1", 1.15, "CPU of slurmctld with Bridge by that without")
            & Line("storm_missed", missed, "tasks", 0);
    }

    private static double At(List<double> sorted, double share) =>
        sorted.Count == 0 ? double.MaxValue : sorted[(int)Math.Ceiling(share * sorted.Count) - 1];

    private static bool Line(string figure, double value, string unit, double? limit = null, string? ratio = null) =>
        new BenchLine(Name, figure, value, unit, limit, ratio).Print();

    /// <param name="Bridged">Whether Bridge ran.</param>
    /// <param name="Array">The job's id.</param>
    /// <param name="Ends">By task.</param>
    /// <param name="Shown">When kubectl showed the end, by squeue's id of the task.</param>
    /// <param name="Slurmctld">CPU seconds.</param>
    /// <param name="Bridge">CPU seconds of Bridge and of Slurm's client.</param>
    private sealed record Storm(
        bool Bridged, string Array, Dictionary<int, DateTimeOffset> Ends, Dictionary<string, DateTimeOffset> Shown,
        double Slurmctld, ProcessTimes Bridge)
    {
        public double EndsPerSecond => Ends.Count / (Ends.Values.Max() - Ends.Values.Min()).TotalSeconds;

        /// <summary>Seconds from the end in slurmctld to the line of kubectl, of those that it showed.</summary>
        public IEnumerable<double> Delays =>
            from end in Ends
            let shown = Shown.GetValueOrDefault(string.Create(CultureInfo.InvariantCulture, $"{Array}_{end.Key}"))
            where shown != default
            select Math.Max(0, (shown - end.Value).TotalSeconds);
    }
}
