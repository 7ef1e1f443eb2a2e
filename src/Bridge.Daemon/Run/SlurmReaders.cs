using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Threading.Channels;
using Bridge.Control.Loop;
using Bridge.Control.Ports;
using Bridge.Core.Names;
using Bridge.Core.Policy;
using Bridge.Core.View;
using Bridge.Daemon.Jobs;
using Bridge.Daemon.Serving;
using Bridge.Slurm;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Bridge.Daemon.Run;

/// <summary>
/// The readers of all SlurmClusters: one connection to Slurm and one feed each, made and ended as the resources come
/// and go. They live as long as the process, on every replica: whoever begins to lead, and whoever is asked for jobs,
/// has read already.
/// </summary>
public sealed class SlurmReaders(
    IKubePort kube, SlurmConnector connector, JobFeeds jobs, HookBell hooks, TimeProvider time, ILoggerFactory logs)
    : BackgroundService
{
    private readonly ILogger log = logs.CreateLogger<SlurmReaders>();
    private readonly ConcurrentDictionary<ObjectRef, ServedCluster> served = new();
    private readonly List<Task> reading = [];
    private readonly Channel<bool> wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private volatile bool listed;

    /// <summary>Raised with the key of a cluster that is served, anew or no longer. Handlers return at once.</summary>
    public event Action<ObjectRef>? Changed;

    /// <summary>Those that are served now.</summary>
    public IEnumerable<ServedCluster> All => served.Values;

    public ServedCluster? Find(ObjectRef key) => served.GetValueOrDefault(key);

    /// <summary>One part for each cluster, once it is known which there are.</summary>
    public IEnumerable<Part> Parts() => listed
        ? served.Values.Select(PartOf).OrderBy(p => p.Name, StringComparer.Ordinal)
        : [new Part("slurm", PartState.NotReady, "it is not known yet which SlurmClusters there are")];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        kube.Changed += Wake;
        hooks.Rung += Ring;
        try
        {
            while (true)
            {
                Follow(kube.View, stoppingToken);
                await wake.Reader.ReadAsync(stoppingToken);
            }
        }
        finally
        {
            kube.Changed -= Wake;
            hooks.Rung -= Ring;
            await Task.WhenAll(reading);
        }
    }

    private void Wake() => wake.Writer.TryWrite(true);

    private void Ring(ImmutableArray<JobId> named)
    {
        foreach (var cluster in served.Values)
        {
            foreach (var job in named)
                (cluster.Port as SlurmPort)?.Notify(job);
            cluster.Feed.Ring();
        }
    }

    // Until every kind has been read whole a cluster that is not there is not gone. One that is there is served all the
    // same: what keeps the others from being read is to stand in its status.
    private void Follow(KubeView view, CancellationToken stop)
    {
        reading.RemoveAll(r => r.IsCompletedSuccessfully);
        var byKey = view.Clusters.ToDictionary(c => c.Ref with { Uid = "" });
        var whole = view.Source.Synced;
        foreach (var (key, cluster) in served)
            if (byKey.TryGetValue(key, out var resource) ? !cluster.Serves(resource.Spec) : whole)
                Leave(cluster);
        if (whole || byKey.Count > 0)
            jobs.Follow([.. byKey.Keys.Union(served.Keys)]);
        foreach (var (key, resource) in byKey)
        {
            if (!served.ContainsKey(key))
                Open(resource, stop);
            served[key].Feed.Poll = TimeSpan.FromSeconds(Math.Max(1, resource.Spec.PollSeconds));
        }
        listed |= whole;
    }

    private void Open(SlurmCluster resource, CancellationToken stop)
    {
        var port = connector.Open(resource.Ref.Namespace, resource.Spec);
        log.ClusterServed(resource.Ref.Name, resource.Spec.RestUrl, resource.Spec.User);
        var cluster = new ServedCluster(
            resource, port, new SlurmFeed(port, time, logs.CreateLogger<SlurmFeed>()));
        served[cluster.Key] = cluster;
        reading.Add(cluster.ReadAsync(cancel => jobs.FollowAsync(cluster, cancel), stop));
        Changed?.Invoke(cluster.Key);
    }

    private void Leave(ServedCluster cluster)
    {
        served.TryRemove(cluster.Key, out _);
        cluster.Dispose();
        jobs.Leave(cluster);
        log.ClusterLeft(cluster.Name);
        Changed?.Invoke(cluster.Key);
    }

    // A Slurm that does not answer is every replica's trouble; one that was not asked yet is this one's alone.
    private static Part PartOf(ServedCluster cluster)
    {
        var view = cluster.Feed.View;
        SourceState[] sources = [view.Nodes, view.Partitions, view.Jobs];
        var error = string.Join("; ", sources.Select(s => s.Error).Where(e => e.Length > 0).Distinct());
        var name = $"slurm/{cluster.Name}";
        return error.Length > 0 ? new Part(name, PartState.Degraded, error)
            : sources.All(s => s.Synced) ? new Part(name, PartState.Ready, $"Slurm {view.Version} is read")
            : new Part(name, PartState.NotReady, view.Jobs.Synced || !view.Nodes.Synced
                ? "it has not been read yet" : "its jobs have not all been read yet");
    }
}
