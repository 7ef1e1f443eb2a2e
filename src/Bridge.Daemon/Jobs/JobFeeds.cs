using System.Collections.Concurrent;
using System.Collections.Immutable;
using Bridge.ApiServer.Jobs;
using Bridge.Control.Loop;
using Bridge.Control.Ports;
using Bridge.Core.Names;
using Bridge.Daemon.Run;
using Bridge.Kube.Leases;
using Bridge.Ledger;
using Bridge.Slurm;
using Microsoft.Extensions.Logging;

namespace Bridge.Daemon.Jobs;

/// <summary>The feeds of all SlurmClusters' jobs to the job API and, while this replica leads, to the ledger.</summary>
public sealed class JobFeeds(
    IKubePort kube, LeaderElector elector, TimeProvider time, ILoggerFactory logs, LedgerStore? ledger = null)
{
    private readonly ConcurrentDictionary<ObjectRef, JobFeed> feeds = new();

    /// <summary>What the job API serves, from the start.</summary>
    public ServedJobs Served { get; } = new(time, new Random());

    /// <summary>Says which SlurmClusters there are; of another one nothing is kept.</summary>
    public void Follow(IReadOnlyCollection<ObjectRef> clusters)
    {
        Served.Follow(clusters.Select(c => c.Name).ToHashSet(StringComparer.Ordinal));
        foreach (var key in feeds.Keys.Except(clusters))
            feeds.TryRemove(key, out _);
    }

    /// <summary>
    /// Follows what is read of a cluster. Its feed outlives the connection: what is shown of a cluster's jobs goes on
    /// when the connection is another.
    /// </summary>
    public async Task FollowAsync(ServedCluster cluster, CancellationToken cancel)
    {
        if (!feeds.TryGetValue(cluster.Key, out var feed))
        {
            feed = new JobFeed(ledger, () => elector.Current?.Token.Number, time, logs);
            await feed.StartAsync(cluster.Name, Served.Find(cluster.Name), cancel);
            feeds[cluster.Key] = feed;
        }
        (cluster.Port as SlurmPort)?.Recall(feed.Open);
        cluster.Feed.Changed += () => feed.Take(cluster.Name, cluster.Feed.View, Namespaces(cluster));
    }

    public void Leave(ServedCluster cluster) => feeds.GetValueOrDefault(cluster.Key)?.Left();

    public void Tried(string cluster, StepOutcome outcome, FencingToken token) =>
        ledger?.Record(ActionEntry.Of(outcome.Step, outcome.Result, cluster, outcome.At, token.Number));

    // Read anew each time: where jobs are shown may change while the connection stays.
    private JobNamespaces Namespaces(ServedCluster cluster) =>
        kube.View.Clusters.FirstOrDefault(c => c.Ref with { Uid = "" } == cluster.Key)?.Spec is { } spec
            ? new(spec.DefaultJobNamespace, spec.AccountNamespaces)
            : new("default", ImmutableDictionary<string, string>.Empty);
}
