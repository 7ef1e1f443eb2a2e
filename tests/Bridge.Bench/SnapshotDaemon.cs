using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Net;
using System.Text.RegularExpressions;

namespace Bridge.Bench;

/// <summary>
/// The daemon itself, with all its nodes and jobs in the view, while nothing changes: its memory after the first load,
/// and what a tick costs it. What it says of itself at /metrics is read twice, before and after the ticks.
/// </summary>
internal sealed partial class SnapshotDaemon : IAsyncDisposable
{
    private const int Ticks = 120;
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LoadedWithin = TimeSpan.FromMinutes(5);
    // Until the runtime has compiled anew what is called often.
    private static readonly TimeSpan Settle = TimeSpan.FromMinutes(2);

    private readonly SnapshotLab lab;
    private readonly Process process;
    private readonly Uri metrics;
    private readonly HttpClient http = new();

    private SnapshotDaemon(SnapshotLab lab, Process process, Uri metrics)
    {
        this.lab = lab;
        this.process = process;
        this.metrics = metrics;
    }

    /// <summary>Prints the figures; false where one is over its limit.</summary>
    public static async Task<bool> MeasureAsync(SnapshotLab lab, string bench, int jobs)
    {
        await using var daemon = await StartAsync(lab, jobs);
        await daemon.LoadedAsync(jobs);
        await Scripts.MeasureForAsync(Settle);
        var resident = Resident(daemon.process.Id);
        var (reads, bytes) = await daemon.CountersAsync();
        var cpu = ProcessTimes.Of(daemon.Id);
        await Scripts.MeasureForAsync(Poll * Ticks);
        var used = ProcessTimes.Of(daemon.Id) - cpu;
        var (readsAfter, bytesAfter) = await daemon.CountersAsync();
        var ticks = readsAfter - reads;
        new BenchLine(bench, "idle_ticks", ticks, "ticks").Print();
        new BenchLine(bench, "idle_cpu_ms_client", used.Children / ticks * 1000, "ms per tick").Print();
        var thousands = string.Create(CultureInfo.InvariantCulture, $"{jobs / 1000}k");
        return new BenchLine(bench, "idle_cpu_ms", used.Self / ticks * 1000, "ms per tick", 1).Print()
            & new BenchLine(bench, "idle_alloc_bytes", (bytesAfter - bytes) / ticks, "bytes per tick", 64_000).Print()
            & new BenchLine(bench, "rss_bytes_" + thousands, resident, "bytes", 256e6).Print();
    }

    private string Id => process.Id.ToString(CultureInfo.InvariantCulture);

    public async ValueTask DisposeAsync()
    {
        await Scripts.CommandAsync(["kill", "-TERM", Id]);
        await process.WaitForExitAsync();
        process.Dispose();
        http.Dispose();
    }

    private static async Task<SnapshotDaemon> StartAsync(SnapshotLab lab, int jobs)
    {
        await lab.ApplyClusterAsync();
        var client = await lab.ClientOfManyAsync(jobs);
        var (api, metrics) = (FreePort(), FreePort());
        var socket = lab.Value("SLURMRESTD_SOCKET");
        var start = new ProcessStartInfo("/bin/sh",
        [
            "-c", "log=$1; shift; exec \"$@\" >\"$log\" 2>&1 </dev/null", "sh", lab.File("bridge.log"),
            Path.Combine(AppContext.BaseDirectory, "bridge"), "run",
            "--kubeconfig", lab.Value("KUBECONFIG_BRIDGE"), "--namespace", "slurm",
            "--slurm-client", $"sh {client}", "--slurmrestd-sockets", Path.GetDirectoryName(socket)!,
            "--api-listen", $"127.0.0.1:{api}", "--api-cert", lab.Value("AGGREGATE_CERT"),
            "--api-key", lab.Value("AGGREGATE_KEY"), "--metrics-listen", $"127.0.0.1:{metrics}",
        ]);
        Console.Error.WriteLine($"bench snapshot: bridge run, its log in {lab.File("bridge.log")}");
        return new SnapshotDaemon(lab, Process.Start(start)!, new Uri($"http://127.0.0.1:{metrics}/metrics"));
    }

    private async Task LoadedAsync(int jobs)
    {
        var clock = Stopwatch.StartNew();
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), TimeProvider.System);
        while (await timer.WaitForNextTickAsync())
        {
            if (process.HasExited || clock.Elapsed > LoadedWithin)
                throw new InvalidOperationException(
                    $"bridge has not read {jobs} jobs: {await File.ReadAllTextAsync(lab.File("bridge.log"))}");
            if (Sum(await TextAsync(), "bridge_jobs") >= jobs)
                return;
        }
    }

    private async Task<(double Reads, double Bytes)> CountersAsync()
    {
        var text = await TextAsync();
        return (Sum(text, "bridge_slurm_read_seconds_count"), Sum(text, "dotnet_gc_heap_total_allocated_bytes_total"));
    }

    private async Task<string> TextAsync()
    {
        try
        {
            return await http.GetStringAsync(metrics);
        }
        catch (HttpRequestException)
        {
            return ""; // it does not listen yet
        }
    }

    private static double Sum(string metrics, string name) => Sample().Matches(metrics)
        .Where(m => m.Groups["name"].Value == name)
        .Sum(m => double.Parse(m.Groups["value"].ValueSpan, CultureInfo.InvariantCulture));

    private static long Resident(int process) =>
        long.Parse(File.ReadAllText($"/proc/{process}/statm").Split(' ')[1], CultureInfo.InvariantCulture)
        * Environment.SystemPageSize;

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    [GeneratedRegex(@"^(?<name>\w+)(\{[^}]*\})? (?<value>\S+)", RegexOptions.Multiline)]
    private static partial Regex Sample();
}
