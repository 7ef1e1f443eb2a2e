using System.Collections.Immutable;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Policy;
using Bridge.Core.View;
using Bridge.Kube.Models;
using Bridge.Kube.Watch;

namespace Bridge.Kube.Fleet;

/// <summary>
/// Gathers changes of all informers and makes the immutable view when it is asked for: a burst of a thousand events
/// costs one view. Each Take says whether the view is another now; a heartbeat is not.
/// </summary>
internal sealed class FleetView
{
    private readonly Lock _gate = new();
    private readonly SliceIndex _slices = new();
    private readonly SortedDictionary<ObjectKey, SlurmdPod> _pods = [];
    private readonly SortedDictionary<ObjectKey, SlurmdClaim> _claims = [];
    private readonly SortedDictionary<ObjectKey, SlurmCluster> _clusters = [];
    private readonly SortedDictionary<ObjectKey, NodePool> _pools = [];
    private readonly SortedDictionary<ObjectKey, PartitionPolicy> _partitions = [];
    private readonly SortedDictionary<ObjectKey, string> _accounts = [];
    private ImmutableDictionary<string, KubeNode> _nodes = ImmutableDictionary<string, KubeNode>.Empty;
    private ImmutableDictionary<string, NodeDevices> _devices = ImmutableDictionary<string, NodeDevices>.Empty;
    private SourceState _source = SourceState.NotYet;
    private KubeView _view = new();
    private Parts _stale;

    [Flags]
    private enum Parts
    {
        None = 0,
        Pods = 1,
        Claims = 2,
        Clusters = 4,
        Pools = 8,
        Partitions = 16,
        Accounts = 32,
        Rest = 64,
    }

    public KubeView View
    {
        get
        {
            lock (_gate)
            {
                if (_stale != Parts.None)
                    _view = Make();
                _stale = Parts.None;
                return _view;
            }
        }
    }

    public bool TakeSource(SourceState source)
    {
        lock (_gate)
        {
            var news = source != _source;
            _source = source;
            return Mark(news, Parts.Rest);
        }
    }

    public bool Take(IReadOnlyList<ObjectChange<NodeObject>> changes)
    {
        lock (_gate)
        {
            var nodes = _nodes.ToBuilder();
            foreach (var change in changes)
            {
                if (change.Type == ChangeType.Deleted)
                    nodes.Remove(change.Key.Name);
                else
                    nodes[change.Key.Name] = NodeMapping.Map(change.Item, nodes.GetValueOrDefault(change.Key.Name));
            }
            var after = nodes.ToImmutable();
            var news = !ReferenceEquals(after, _nodes);
            _nodes = after;
            return Mark(news, Parts.Rest);
        }
    }

    public bool Take(IReadOnlyList<ObjectChange<ResourceSlice>> changes)
    {
        lock (_gate)
        {
            var after = _slices.Take(changes, _devices);
            var news = !ReferenceEquals(after, _devices);
            _devices = after;
            return Mark(news, Parts.Rest);
        }
    }

    public bool Take(IReadOnlyList<ObjectChange<Pod>> changes) => Take(_pods, changes, PodMapping.Map, Parts.Pods);

    public bool Take(IReadOnlyList<ObjectChange<ResourceClaim>> changes) =>
        Take(_claims, changes, PodMapping.Map, Parts.Claims);

    public bool Take(IReadOnlyList<ObjectChange<SlurmClusterObject>> changes) =>
        Take(_clusters, changes, PolicyMapping.Map, Parts.Clusters);

    public bool Take(IReadOnlyList<ObjectChange<NodePoolObject>> changes) =>
        Take(_pools, changes, PolicyMapping.Map, Parts.Pools);

    public bool Take(IReadOnlyList<ObjectChange<PartitionPolicyObject>> changes) =>
        Take(_partitions, changes, PolicyMapping.Map, Parts.Partitions);

    public bool Take(IReadOnlyList<ObjectChange<Namespace>> changes) =>
        Take(_accounts, changes, n => n.Metadata.Labels.GetValueOrDefault(WellKnown.AccountLabel), Parts.Accounts);

    private bool Take<TStored, TSeen>(
        SortedDictionary<ObjectKey, TSeen> seen, IReadOnlyList<ObjectChange<TStored>> changes,
        Func<TStored, TSeen?> map, Parts part)
        where TStored : class, IKubeObject
        where TSeen : class
    {
        lock (_gate)
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
            _stale |= part;
        return news;
    }

    private KubeView Make() => _view with
    {
        Source = _source,
        Nodes = _nodes,
        Devices = _devices,
        Pods = Stale(Parts.Pods) ? [.. _pods.Values] : _view.Pods,
        Claims = Stale(Parts.Claims) ? [.. _claims.Values] : _view.Claims,
        Clusters = Stale(Parts.Clusters) ? [.. _clusters.Values] : _view.Clusters,
        Pools = Stale(Parts.Pools) ? [.. _pools.Values] : _view.Pools,
        Partitions = Stale(Parts.Partitions) ? [.. _partitions.Values] : _view.Partitions,
        NamespaceOfAccount = Stale(Parts.Accounts) ? Accounts() : _view.NamespaceOfAccount,
    };

    private bool Stale(Parts part) => (_stale & part) != 0;

    // Of two namespaces that claim one account, the first by name has it: any rule will do that does not depend on
    // time.
    private ImmutableDictionary<string, string> Accounts()
    {
        var accounts = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var (key, account) in _accounts)
            accounts.TryAdd(account, key.Name);
        return accounts.ToImmutable();
    }
}
