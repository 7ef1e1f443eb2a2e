using System.Diagnostics.Metrics;
using System.Globalization;
using Bridge.Kube.Client;
using Bridge.Kube.Fleet;
using Bridge.Slurm;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bridge.Bench;

/// <summary>What ticks ask of slurmrestd and of the API server while nothing changes.</summary>
internal static class SnapshotIdle
{
    private const int Ticks = 15;

    // SlurmCluster.spec.pollSeconds, where nothing else is said.
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(2);

    /// <summary>Prints the figures; false where one is over its limit.</summary>
    public static async Task<bool> MeasureAsync(SnapshotLab lab, SlurmPort port, string bench)
    {
        using var stop = new CancellationTokenSource();
        using var client = new KubeClient(lab.Kube, new KubeLimits(), TimeProvider.System);
        using var sent = new Sent(lab.Kube.Server.Port);
        var fleet = new KubeFleet(client, "", TimeProvider.System, new Random(1), NullLogger<KubeFleet>.Instance);
        var watching = fleet.RunAsync(stop.Token);
        await Synced(fleet, sent);
        var before = sent.Count;
        var requests = new List<long>(Ticks);
        var cost = await SnapshotCost.MeasureAsync(lab, async () =>
        {
            using var timer = new PeriodicTimer(Poll, TimeProvider.System);
            for (var tick = 0; tick < Ticks && await timer.WaitForNextTickAsync(); tick++)
            {
                var asked = port.Requests;
                await port.ReadAsync(CancellationToken.None);
                requests.Add(port.Requests - asked);
            }
        });
        var asked = sent.Count - before;
        await stop.CancelAsync();
        await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        new BenchLine(bench, "idle_kube_nodes", fleet.View.Nodes.Count, "nodes").Print();
        new BenchLine(bench, "idle_cpu_seconds_reader", (cost.Bridge + cost.Client) / Ticks, "s per tick").Print();
        new BenchLine(bench, "idle_cpu_seconds_slurmrestd", cost.Slurmrestd / Ticks, "s per tick").Print();
        new BenchLine(bench, "idle_alloc_bytes_reader", cost.Bytes / Ticks, "bytes per tick").Print();
        var most = string.Create(CultureInfo.InvariantCulture, 
            $"the most of {Ticks} ticks, on average {requests.Average():F2}");
        var slurm = new BenchLine(bench, "idle_requests_slurm", requests.Max(), "requests per tick", 3, most).Print();
        return new BenchLine(bench, "idle_requests_kube", (double)asked / Ticks, "requests per tick", 0,
            $"{before} requests before, to list and to watch").Print() && slurm;
    }

    private static async Task Synced(KubeFleet fleet, Sent sent)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        // Synced, and every watch stands: nothing was sent for two seconds.
        for (var (quiet, waited, last) = (0, 0, -1L); quiet < 20; waited++)
        {
            await timer.WaitForNextTickAsync();
            quiet = fleet.View.Source.Current && sent.Count == last && last > 0 ? quiet + 1 : 0;
            last = sent.Count;
            if (waited > 600)
                throw new InvalidOperationException(
                    $"Kubernetes is not read after a minute: {fleet.View.Source}, {last} requests");
        }
    }

    /// <summary>Counts the requests that this process sends to one port, as .NET's own metrics tell them.</summary>
    private sealed class Sent : IDisposable
    {
        private readonly MeterListener listener = new();
        private long count;

        public Sent(int port)
        {
            listener.InstrumentPublished = (instrument, listening) =>
            {
                if (instrument is { Meter.Name: "System.Net.Http", Name: "http.client.active_requests" })
                    listening.EnableMeasurementEvents(instrument);
            };
            listener.SetMeasurementEventCallback<long>((_, change, tags, _) =>
            {
                foreach (var tag in tags)
                    if (change > 0 && tag is { Key: "server.port", Value: int to } && to == port)
                        Interlocked.Increment(ref count);
            });
            listener.Start();
        }

        public long Count => Interlocked.Read(ref count);

        public void Dispose() => listener.Dispose();
    }
}
