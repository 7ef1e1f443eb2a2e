using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Bridge.Core.Model;
using Bridge.Slurm;
using Bridge.Slurm.Translation;
using Bridge.Slurm.Wire;

namespace Bridge.Bench;

/// <summary>
/// `bench snapshot [--nodes N] [--jobs N]`: reading a real Slurm's nodes and jobs into the view by the ladder and, as
/// the comparison, by whole lists over REST; then what a tick asks of Slurm and of Kubernetes while nothing changes.
/// Needs root and what scripts/setup makes; its lab is wiped before and after.
/// </summary>
public static class SnapshotBench
{
    private const string Name = "snapshot";
    private const string Usage = "usage: bench snapshot [--nodes N] [--jobs N], at most 20000 nodes and 200000 jobs";

    private const int MostReal = 10_000;

    // What slurm-client in Go needs to decode one node and one job, by its own benchmarks.
    private const double GoSecondsPerNode = 41e-6;
    private const double GoSecondsPerJob = 154e-6;

    public static async Task<int> RunAsync(string[] args)
    {
        var (nodes, jobs) = (10_000, 10_000);
        for (var i = 0; i < args.Length; i += 2)
        {
            if (i + 1 == args.Length
                || !int.TryParse(args[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var count))
                return Refuse();
            if (args[i] == "--nodes" && count is > 0 and <= 20_000)
                nodes = count;
            else if (args[i] == "--jobs" && count is > 0 and <= 200_000)
                jobs = count;
            else
                return Refuse();
        }
        await using var lab = await SnapshotLab.StartAsync(Name);
        // So many a slurmctld of this size holds with ease; what is more is told by the client of the daemon alone.
        var real = Math.Min(jobs, MostReal);
        await lab.FillAsync(nodes, real);
        return await MeasureAsync(lab, nodes, real, jobs) ? 0 : 1;
    }

    private static int Refuse()
    {
        Console.Error.WriteLine(Usage);
        return 2;
    }

    private static async Task<bool> MeasureAsync(SnapshotLab lab, int nodes, int jobs, int told)
    {
        new BenchLine(Name, "snapshot_nodes", nodes, "nodes").Print();
        new BenchLine(Name, "snapshot_jobs", jobs, "jobs in Slurm").Print();
        new BenchLine(Name, "snapshot_jobs_told", told, "jobs that the daemon is told of").Print();
        using (var warm = lab.Port())
            await LadderAsync(warm, nodes, jobs);
        using var port = lab.Port();
        var ladder = await SnapshotCost.MeasureAsync(lab, () => LadderAsync(port, nodes, jobs));
        var holds = await SnapshotIdle.MeasureAsync(lab, port, Name);
        holds &= await SnapshotRecords.MeasureAsync(lab, nodes, jobs, Name);
        holds &= await SnapshotDaemon.MeasureAsync(lab, Name, told);
        new BenchLine(Name, "slurmrestd_rss_bytes_ladder", lab.Resident("slurmrestd"), "bytes").Print();

        // Last, because slurmrestd never gives back what this takes.
        using var http = await lab.HttpAsync("bridge");
        var rest = await SnapshotCost.MeasureAsync(lab, () => RestAsync(http, nodes, jobs));
        new BenchLine(Name, "slurmrestd_rss_bytes_rest", lab.Resident("slurmrestd"), "bytes").Print();
        var go = (nodes * GoSecondsPerNode) + (jobs * GoSecondsPerJob);
        holds &= Print("ladder", ladder, rest, go, 0.5);
        Print("rest", rest, rest, go, null);
        new BenchLine(Name, "alloc_bytes", ladder.Bytes, "bytes",
            RatioTo: Ratio(ladder.Bytes, rest.Bytes, "alloc_bytes_rest")).Print();
        return holds;
    }

    private static bool Print(string way, SnapshotCost cost, SnapshotCost rest, double go, double? limit)
    {
        var holds = new BenchLine(Name, "read_cpu_seconds_" + way, cost.Cpu, "s", limit,
            Ratio(cost.Cpu, rest.Cpu, "read_cpu_seconds_rest")).Print();
        new BenchLine(Name, $"read_cpu_seconds_{way}_bridge", cost.Bridge, "s",
            RatioTo: Ratio(cost.Bridge, go, "what slurm-client in Go says it needs to decode as many")).Print();
        new BenchLine(Name, $"read_cpu_seconds_{way}_client", cost.Client, "s").Print();
        new BenchLine(Name, $"read_cpu_seconds_{way}_slurmrestd", cost.Slurmrestd, "s").Print();
        new BenchLine(Name, $"read_cpu_seconds_{way}_slurmctld", cost.Slurmctld, "s").Print();
        new BenchLine(Name, "read_wall_seconds_" + way, cost.Wall, "s",
            RatioTo: Ratio(cost.Wall, rest.Wall, "read_wall_seconds_rest")).Print();
        new BenchLine(Name, "alloc_bytes_" + way, cost.Bytes, "bytes").Print();
        return holds;
    }

    private static string Ratio(double value, double yardstick, string name) =>
        string.Create(CultureInfo.InvariantCulture, $"{value / yardstick:F3} x {name}");

    private static async Task LadderAsync(SlurmPort port, int nodes, int jobs)
    {
        var view = await port.ReadAsync(CancellationToken.None);
        if (view.NodesByName.Count != nodes || view.JobsById.Count != jobs || !view.Jobs.Current)
            throw new InvalidOperationException($"one tick read {view.NodesByName.Count} nodes ({view.Nodes}) and "
                + $"{view.JobsById.Count} jobs ({view.Jobs})");
    }

    private static async Task RestAsync(HttpClient http, int nodes, int jobs)
    {
        var readNodes = (await GetAsync(http, "nodes/", WireJson.Default.NodesAnswer)).Nodes!
            .Select(NodeTranslation.ToModel).OfType<SlurmNode>().ToImmutableDictionary(n => n.Name);
        var readJobs = (await GetAsync(http, "jobs/", WireJson.Default.JobsAnswer)).Jobs!
            .Select(JobTranslation.ToModel).ToImmutableDictionary(j => j.Id);
        if (readNodes.Count != nodes || readJobs.Count != jobs)
            throw new InvalidOperationException($"REST gave {readNodes.Count} nodes and {readJobs.Count} jobs");
    }

    private static async Task<T> GetAsync<T>(HttpClient http, string path, JsonTypeInfo<T> type)
    {
        await using var stream = await http.GetStreamAsync(new Uri("slurm/v0.0.45/" + path, UriKind.Relative));
        return (await JsonSerializer.DeserializeAsync(stream, type))!;
    }
}
