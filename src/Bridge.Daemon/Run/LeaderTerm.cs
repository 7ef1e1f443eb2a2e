using System.Collections.Concurrent;
using Bridge.Control.Loop;
using Bridge.Control.Queues;
using Bridge.Core.Names;
using Bridge.Daemon.Jobs;
using Bridge.Kube.Fleet;
using Bridge.Kube.Leases;
using Microsoft.Extensions.Logging;

namespace Bridge.Daemon.Run;

/// <summary>
/// One term of leadership, from acquisition to loss: a loop for each SlurmCluster that is read, one for what names
/// none, the Events of both, and what the ledger is told. Everything here acts; what only reads lives longer.
/// </summary>
public sealed class LeaderTerm(
    KubePort kube, SlurmReaders readers, JobFeeds jobs, TimeProvider time, ILoggerFactory logs)
{
    private readonly ILogger log = logs.CreateLogger<LeaderTerm>();
    private readonly ConcurrentDictionary<ObjectRef, TermLoop> loops = new();

    public async Task RunAsync(Leadership leadership)
    {
        log.Leading(leadership.Token.ToString());
        using var over = CancellationTokenSource.CreateLinkedTokenSource(leadership.Lost);
        using var queue = new KeyedQueue<ObjectRef>(time);
        var unserved = new UnservedLoop(kube, Leads, time, logs.CreateLogger<UnservedLoop>());
        unserved.Tried += outcome => Tell("", outcome, leadership);
        kube.Changed += AddAll;
        readers.Changed += queue.Add;
        AddAll();
        var runner = new LoopRunner(queue, time, logs.CreateLogger<LoopRunner>());
        Task[] tasks =
        [
            runner.RunAsync(FindAsync, over.Token), kube.SendEventsAsync(over.Token),
            jobs.RecordAsync(leadership.Token, over.Token),
        ];
        await Task.WhenAny(tasks);
        // Whichever ended first, by loss of the lease or by a bug, the other ends with it.
        await over.CancelAsync();
        kube.Changed -= AddAll;
        readers.Changed -= queue.Add;
        try
        {
            await Task.WhenAll(tasks);
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // The term is over: that is how it ends.
        }
        finally
        {
            foreach (var loop in loops.Values)
                loop.Dispose();
        }

        bool Leads() => leadership.Holds;

        void AddAll()
        {
            queue.Add(UnservedLoop.Key);
            foreach (var cluster in readers.All)
                queue.Add(cluster.Key);
        }

        ValueTask<Tick?> FindAsync(ObjectRef key, CancellationToken cancel) =>
            ValueTask.FromResult(key == UnservedLoop.Key ? unserved.TickAsync : Find(key, leadership, queue));
    }

    // Called for one key at a time: no tick of a loop is under way when it is replaced.
    private Tick? Find(ObjectRef key, Leadership leadership, KeyedQueue<ObjectRef> queue)
    {
        var cluster = readers.Find(key);
        if (loops.TryGetValue(key, out var known) && known.Cluster == cluster)
            return known.Loop.TickAsync;
        if (loops.TryRemove(key, out var former))
            former.Dispose();
        if (cluster is null || !cluster.TryUse())
            return null;
        var loop = new ClusterLoop(
            kube, cluster.Port, cluster.Feed, () => leadership.Holds, time, logs.CreateLogger<ClusterLoop>());
        loop.Tried += outcome => Tell(cluster.Name, outcome, leadership);
        return (loops[key] = new TermLoop(cluster, loop, () => queue.Add(key))).Loop.TickAsync;
    }

    private void Tell(string cluster, StepOutcome outcome, Leadership leadership)
    {
        if (!outcome.Step.Bookkeeping)
            jobs.Tried(cluster, outcome, leadership.Token);
        if (StepEvent.Of(outcome) is { } news)
            kube.Record(news);
    }

    // A loop and its cluster, which stays open as long.
    private sealed class TermLoop : IDisposable
    {
        private readonly Action changed;

        public TermLoop(ServedCluster cluster, ClusterLoop loop, Action changed)
        {
            (Cluster, Loop, this.changed) = (cluster, loop, changed);
            cluster.Feed.Changed += changed;
        }

        public ServedCluster Cluster { get; }

        public ClusterLoop Loop { get; }

        public void Dispose()
        {
            Cluster.Feed.Changed -= changed;
            Cluster.Release();
        }
    }
}
