using System.Collections.Concurrent;
using System.Collections.Immutable;
using Bridge.ApiServer.Jobs;
using Bridge.Control.Loop;
using Bridge.Control.Ports;
using Bridge.Control.Queues;
using Bridge.Core.Names;
using Bridge.Core.Policy;
using Bridge.Daemon.Jobs;
using Microsoft.Extensions.Logging;

namespace Bridge.Daemon.Run;

/// <summary>
/// The SlurmClusters that are served: one connection to Slurm and one loop each, made and ended as the resources come
/// and go.
/// </summary>
public sealed class ClusterSet(
    IKubePort kube, SlurmConnector connector, KeyedQueue<ObjectRef> queue, Func<JobFeed> feeds, Func<bool> leads,
    Surroundings around) : IAsyncDisposable
{
    private readonly UnservedLoop unserved = new(
        kube, leads, around.Time, around.Logs.CreateLogger<UnservedLoop>());
    private readonly ILogger log = around.Logs.CreateLogger<ClusterSet>();
    private readonly ConcurrentDictionary<string, ServedCluster> served = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, JobFeed> feedOf = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource<JobStore> first = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The jobs of the first cluster that is served: the job API waits for it.</summary>
    public Task<JobStore> FirstServed(CancellationToken cancel) => first.Task.WaitAsync(cancel);

    /// <summary>
    /// Asks for a look at every cluster, and at what names none. A cluster that is new, or whose connection changed, is
    /// connected by its own tick.
    /// </summary>
    public void Sync()
    {
        queue.Add(UnservedLoop.Key);
        foreach (var cluster in kube.View.Clusters)
            queue.Add(cluster.Ref with { Uid = "" });
        foreach (var cluster in served.Values)
            queue.Add(cluster.Ref);
    }

    /// <summary>A hook of Slurm named a job: whichever cluster it is of looks at once.</summary>
    public void Ring(JobId job)
    {
        foreach (var cluster in served.Values)
        {
            cluster.Slurm.Notify(job);
            cluster.Feed.Ring();
        }
    }

    /// <summary>
    /// The loop of a cluster; null when its resource is gone or says nothing that can be connected to.
    /// </summary>
    public async ValueTask<Tick?> Find(ObjectRef key, CancellationToken cancel)
    {
        if (key == UnservedLoop.Key)
            return unserved.TickAsync;
        if (Resource(key) is not { } resource)
        {
            // By its own turn, so that no tick is under way on a connection that is closed.
            if (served.TryRemove(key.Name, out var gone))
                await LeaveAsync(gone);
            return null;
        }
        if (served.TryGetValue(key.Name, out var known) && known.Serves(resource.Spec))
        {
            known.Feed.Poll = Poll(resource);
            return known.Loop.TickAsync;
        }
        if (known is not null && served.TryRemove(key.Name, out _))
            await LeaveAsync(known);
        return (await ConnectAsync(key, resource, cancel)).TickAsync;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var cluster in served.Values)
            await cluster.DisposeAsync();
    }

    private async ValueTask<ClusterLoop> ConnectAsync(ObjectRef key, SlurmCluster resource, CancellationToken cancel)
    {
        var slurm = connector.Open(key.Namespace, resource.Spec, leads);
        var jobs = await FeedAsync(key.Name, cancel);
        slurm.Recall(jobs.Open);
        var feed = new SlurmFeed(slurm, around.Time, around.Logs.CreateLogger<SlurmFeed>()) { Poll = Poll(resource) };
        feed.Changed += () =>
        {
            jobs.Take(key.Name, feed.View, Namespaces(key));
            queue.Add(key);
        };
        var loop = new ClusterLoop(
            kube, slurm, feed, leads, around.Time, around.Logs.CreateLogger<ClusterLoop>());
        loop.Tried += outcome =>
        {
            jobs.Tried(key.Name, outcome);
            if (!outcome.Step.Bookkeeping)
                kube.RecordEvent(outcome.Step, outcome.Result);
        };
        served[key.Name] = new ServedCluster(key, resource.Spec, slurm, feed, loop);
        log.ClusterServed(key.Name, resource.Spec.RestUrl, resource.Spec.User);
        return loop;
    }

    private static TimeSpan Poll(SlurmCluster resource) =>
        TimeSpan.FromSeconds(Math.Max(1, resource.Spec.PollSeconds));

    // It outlives the connection: what is shown of a cluster's jobs goes on when the connection is another.
    private async ValueTask<JobFeed> FeedAsync(string cluster, CancellationToken cancel)
    {
        if (feedOf.TryGetValue(cluster, out var known))
            return known;
        var feed = feeds();
        first.TrySetResult(await feed.StartAsync(cluster, cancel));
        feedOf[cluster] = feed;
        return feed;
    }

    // Read anew each time: where jobs are shown may change while the connection stays.
    private JobNamespaces Namespaces(ObjectRef key) =>
        Resource(key)?.Spec is { } spec ? new(spec.DefaultJobNamespace, spec.AccountNamespaces)
            : new("default", ImmutableDictionary<string, string>.Empty);

    private SlurmCluster? Resource(ObjectRef key) =>
        kube.View.Clusters.FirstOrDefault(c => c.Ref.Name == key.Name && c.Ref.Namespace == key.Namespace);

    private async Task LeaveAsync(ServedCluster cluster)
    {
        await cluster.DisposeAsync();
        feedOf.GetValueOrDefault(cluster.Ref.Name)?.Left();
        log.ClusterLeft(cluster.Ref.Name);
    }
}
