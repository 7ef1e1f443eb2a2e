using System.Collections.Concurrent;
using System.Collections.Immutable;
using Bridge.ApiServer.Jobs;
using Bridge.Control;
using Bridge.Control.Loop;
using Bridge.Control.Ports;
using Bridge.Control.Queues;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Daemon.Run;
using Bridge.Kube.Leases;
using Bridge.Ledger;
using Bridge.Slurm;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Bridge.Daemon.Jobs;

/// <summary>
/// Carries what is read of all SlurmClusters' jobs to the job API and, while this replica leads, to the ledger: each by
/// a task of its own, which takes the newest view when it comes to it. The reader only wakes them.
/// </summary>
public sealed class JobFeeds(
    IKubePort kube, TimeProvider time, ILoggerFactory logs, LedgerStore? ledger = null) : BackgroundService
{
    private static readonly TimeSpan LedgerPatience = TimeSpan.FromSeconds(10);

    // How long without any change until it is seen which jobs have been shown for a day.
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(1);

    // How long until the ledger's full queue is tried again.
    private static readonly TimeSpan OfferAgain = TimeSpan.FromSeconds(5);

    private readonly ILogger log = logs.CreateLogger<JobFeeds>();
    private readonly ConcurrentDictionary<ObjectRef, JobFeed> feeds = new();
    private readonly KeyedQueue<ObjectRef> publishing = new(time);
    private readonly Lock gate = new();
    private KeyedQueue<ObjectRef>? recording;

    /// <summary>What the job API serves, from the start.</summary>
    public ServedJobs Served { get; } = new(time, new Random());

    /// <summary>
    /// Says which SlurmClusters there are; of another one nothing is kept. Where their jobs are shown may have changed.
    /// </summary>
    public void Follow(IReadOnlyCollection<ObjectRef> clusters)
    {
        Served.Follow(clusters.Select(c => c.Name).ToHashSet(StringComparer.Ordinal));
        foreach (var key in feeds.Keys.Except(clusters))
            feeds.TryRemove(key, out _);
        foreach (var key in clusters)
            publishing.Add(key);
    }

    /// <summary>Follows what is read of a cluster.</summary>
    public async Task FollowAsync(ServedCluster cluster, CancellationToken cancel)
    {
        if (!feeds.TryGetValue(cluster.Key, out var feed))
        {
            if (Served.Find(cluster.Name) is not { } store)
                return; // gone again
            feed = new JobFeed(await RecallAsync(cluster.Name, cancel), store, time);
        }
        var open = feed.Connect(cluster.Feed);
        feeds[cluster.Key] = feed;
        (cluster.Port as SlurmPort)?.Recall(open);
        cluster.Feed.Changed += () => Wake(cluster.Key);
    }

    public void Leave(ServedCluster cluster)
    {
        feeds.GetValueOrDefault(cluster.Key)?.Leave();
        Wake(cluster.Key);
    }

    /// <summary>Feeds the ledger for one term of leadership, beginning with all that is known.</summary>
    public async Task RecordAsync(FencingToken token, CancellationToken over)
    {
        using var queue = new KeyedQueue<ObjectRef>(time);
        var recorders = new ConcurrentDictionary<ObjectRef, JobRecorder>();
        lock (gate)
            recording = queue;
        try
        {
            foreach (var key in feeds.Keys)
                queue.Add(key);
            await new LoopRunner(queue, time, logs.CreateLogger<LoopRunner>()).RunAsync(
                (_, _) => ValueTask.FromResult<Tick?>(RecordOne), over);
        }
        finally
        {
            lock (gate)
                recording = null;
        }

        Task<TimeSpan> RecordOne(ObjectRef key, CancellationToken cancel)
        {
            var recorder = recorders.GetOrAdd(key, _ => new JobRecorder(job => Record(key.Name, job, token)));
            var waits = feeds.GetValueOrDefault(key)?.View is { } view && recorder.Record(view);
            return Task.FromResult(waits ? OfferAgain : Idle);
        }
    }

    public void Tried(string cluster, StepOutcome outcome, FencingToken token) =>
        ledger?.Record(ActionEntry.Of(outcome.Step, outcome.Result, cluster, outcome.At, token.Number));

    public override void Dispose()
    {
        publishing.Dispose();
        base.Dispose();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        new LoopRunner(publishing, time, logs.CreateLogger<LoopRunner>()).RunAsync(
            (key, _) => ValueTask.FromResult<Tick?>(feeds.ContainsKey(key) ? PublishOne : null), stoppingToken);

    private Task<TimeSpan> PublishOne(ObjectRef key, CancellationToken cancel)
    {
        feeds.GetValueOrDefault(key)?.Publish(Namespaces(key));
        return Task.FromResult(Idle);
    }

    private void Wake(ObjectRef key)
    {
        publishing.Add(key);
        lock (gate)
            recording?.Add(key);
    }

    private StepResult Record(string cluster, SlurmJob job, FencingToken token) =>
        ledger?.Record(cluster, job, token.Number) ?? StepResult.Done;

    // What the ledger knows of a cluster; without an answer from it, nothing.
    private async Task<ImmutableArray<SlurmJob>> RecallAsync(string cluster, CancellationToken cancel)
    {
        if (ledger is null)
            return [];
        using var bound = new CancellationTokenSource(LedgerPatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, bound.Token);
        try
        {
            return await ledger.ReadJobsAsync(
                cluster, time.GetUtcNow() - EndedJobs.ShownFor, EndedJobs.AtMost, either.Token);
        }
        catch (LedgerUnavailableException unavailable)
        {
            log.LedgerUnread(cluster, unavailable.Message);
        }
        catch (OperationCanceledException) when (bound.IsCancellationRequested)
        {
            log.LedgerUnread(cluster, "no answer in time");
        }
        return [];
    }

    // Read anew each time: where jobs are shown may change while the connection stays.
    private JobNamespaces Namespaces(ObjectRef key) =>
        kube.View.Clusters.FirstOrDefault(c => c.Ref with { Uid = "" } == key)?.Spec is { } spec
            ? new(spec.DefaultJobNamespace, spec.AccountNamespaces)
            : new("default", ImmutableDictionary<string, string>.Empty);
}
