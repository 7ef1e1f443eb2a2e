using System.Collections.Immutable;
using Bridge.Core.Model;
using Bridge.Core.Policy;
using Bridge.Core.View;
using Bridge.Kube.Models;
using Bridge.Kube.Watch;
using k8s.Models;

namespace Bridge.Kube.Fleet;

/// <summary>
/// Gathers changes of all informers and makes the immutable view when it is asked for: a burst of a thousand events
/// costs one view. Each Take says whether the view is another now; a heartbeat is not.
/// </summary>
internal sealed class FleetView
{
    private readonly Lock gate = new();
    private readonly SliceIndex slices = new();
    private readonly SortedDictionary<ObjectKey, SlurmdPod> pods = [];
    private readonly SortedDictionary<ObjectKey, SlurmdClaim> claims = [];
    private readonly SortedDictionary<ObjectKey, SlurmCluster> clusters = [];
    private readonly SortedDictionary<ObjectKey, NodePool> pools = [];
    private readonly SortedDictionary<ObjectKey, PartitionPolicy> partitions = [];
    private ImmutableDictionary<string, KubeNode> nodes = ImmutableDictionary<string, KubeNode>.Empty;
    private ImmutableDictionary<string, NodeDevices> devices = ImmutableDictionary<string, NodeDevices>.Empty;
    private SourceState source = SourceState.NotYet;
    private KubeView view = new();
    private Parts stale;

    [Flags]
    private enum Parts
    {
        None = 0,
        Pods = 1,
        Claims = 2,
        Clusters = 4,
        Pools = 8,
        Partitions = 16,
        Rest = 32,
    }

    public KubeView View
    {
        get
        {
            lock (gate)
            {
                if (stale != Parts.None)
                    view = Make();
                stale = Parts.None;
                return view;
            }
        }
    }

    public bool TakeSource(SourceState source)
    {
        lock (gate)
        {
            var news = source != this.source;
            this.source = source;
            return Mark(news, Parts.Rest);
        }
    }

    public bool Take(IReadOnlyList<ObjectChange<V1Node>> changes)
    {
        lock (gate)
        {
            var nodes = this.nodes.ToBuilder();
            foreach (var change in changes)
            {
                if (change.Type == ChangeType.Deleted)
                    nodes.Remove(change.Key.Name);
                else
                    nodes[change.Key.Name] = NodeMapping.Map(change.Item, nodes.GetValueOrDefault(change.Key.Name));
            }
            var after = nodes.ToImmutable();
            var news = !ReferenceEquals(after, this.nodes);
            this.nodes = after;
            return Mark(news, Parts.Rest);
        }
    }

    public bool Take(IReadOnlyList<ObjectChange<V1ResourceSlice>> changes)
    {
        lock (gate)
        {
            var after = slices.Take(changes, devices);
            var news = !ReferenceEquals(after, devices);
            devices = after;
            return Mark(news, Parts.Rest);
        }
    }

    public bool Take(IReadOnlyList<ObjectChange<V1Pod>> changes) => Take(pods, changes, PodMapping.Map, Parts.Pods);

    public bool Take(IReadOnlyList<ObjectChange<Resourcev1ResourceClaim>> changes) =>
        Take(claims, changes, PodMapping.Map, Parts.Claims);

    public bool Take(IReadOnlyList<ObjectChange<SlurmClusterObject>> changes) =>
        Take(clusters, changes, PolicyMapping.Map, Parts.Clusters);

    public bool Take(IReadOnlyList<ObjectChange<NodePoolObject>> changes) =>
        Take(pools, changes, PolicyMapping.Map, Parts.Pools);

    public bool Take(IReadOnlyList<ObjectChange<PartitionPolicyObject>> changes) =>
        Take(partitions, changes, PolicyMapping.Map, Parts.Partitions);

    private bool Take<TStored, TSeen>(
        SortedDictionary<ObjectKey, TSeen> seen, IReadOnlyList<ObjectChange<TStored>> changes,
        Func<TStored, TSeen?> map, Parts part)
        where TStored : class
        where TSeen : class
    {
        lock (gate)
        {
            var news = false;
            foreach (var change in changes)
            {
                if (change.Type == ChangeType.Deleted || map(change.Item) is not { } mapped)
                {
                    news |= seen.Remove(change.Key);
                    continue;
                }
                news |= !seen.TryGetValue(change.Key, out var before) || !before.Equals(mapped);
                seen[change.Key] = mapped;
            }
            return Mark(news, part);
        }
    }

    private bool Mark(bool news, Parts part)
    {
        if (news)
            stale |= part;
        return news;
    }

    private KubeView Make() => view with
    {
        Source = source,
        Nodes = nodes,
        Devices = devices,
        Pods = Stale(Parts.Pods) ? [.. pods.Values] : view.Pods,
        Claims = Stale(Parts.Claims) ? [.. claims.Values] : view.Claims,
        Clusters = Stale(Parts.Clusters) ? [.. clusters.Values] : view.Clusters,
        Pools = Stale(Parts.Pools) ? [.. pools.Values] : view.Pools,
        Partitions = Stale(Parts.Partitions) ? [.. partitions.Values] : view.Partitions,
    };

    private bool Stale(Parts part) => (stale & part) != 0;
}
