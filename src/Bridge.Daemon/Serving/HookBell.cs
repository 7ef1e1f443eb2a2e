using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using System.Threading.Channels;
using Bridge.Core.Names;
using Microsoft.Extensions.Hosting;

namespace Bridge.Daemon.Serving;

/// <summary>
/// Gathers the jobs that Slurm's hooks name and hands them on together: at once after a rest, and at most five times a
/// second. However many ring, and whatever they name, the readers of Slurm hear no more than that.
/// </summary>
public sealed class HookBell(TimeProvider time, Meter meter) : BackgroundService
{
    /// <summary>Jobs that wait at most; what is not named is found by the next read of all jobs.</summary>
    public const int MostWaiting = 256;

    /// <summary>The least time between two hand-overs.</summary>
    public static readonly TimeSpan AtMostEvery = TimeSpan.FromMilliseconds(200);

    private readonly Counter<long> hooks = meter.CreateCounter<long>(
        "bridge_hooks_total", null, "Hooks of slurmctld by what became of them");

    private readonly Channel<bool> bell = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly Lock gate = new();
    private readonly HashSet<JobId> waiting = [];

    /// <summary>Raised with the jobs that were named, each once. Handlers return at once.</summary>
    public event Action<ImmutableArray<JobId>>? Rung;

    /// <summary>A hook named this job. Safe from any thread; returns at once.</summary>
    public void Ring(JobId job)
    {
        bool kept;
        lock (gate)
            kept = waiting.Contains(job) || (waiting.Count < MostWaiting && waiting.Add(job));
        hooks.Add(1, new KeyValuePair<string, object?>("result", kept ? "heard" : "dropped"));
        bell.Writer.TryWrite(true);
    }

    /// <summary>A hook was refused.</summary>
    /// <param name="result">unauthorized or invalid.</param>
    public void Refused(string result) => hooks.Add(1, new KeyValuePair<string, object?>("result", result));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await bell.Reader.ReadAsync(stoppingToken);
            ImmutableArray<JobId> named;
            lock (gate)
            {
                named = [.. waiting];
                waiting.Clear();
            }
            Rung?.Invoke(named);
            await Task.Delay(AtMostEvery, time, stoppingToken);
        }
    }
}
