using System.Collections.Immutable;
using Bridge.Core.Gpus;
using Bridge.Core.Model;
using Bridge.Kube.Watch;
using k8s.Models;

namespace Bridge.Kube.Fleet;

/// <summary>
/// Folds changed slices into pools and pools into nodes; only what a change touches is looked at again.
/// </summary>
internal sealed class SliceIndex
{
    private readonly Dictionary<string, PoolSlice> slices = [];
    private readonly Dictionary<PoolKey, Dictionary<string, PoolSlice>> slicesOfPool = [];
    private readonly Dictionary<PoolKey, DevicePool> pools = [];
    private readonly Dictionary<string, HashSet<PoolKey>> poolsOfNode = [];

    /// <summary>The devices by node with these changes; the same value when they mean nothing for GPUs.</summary>
    public ImmutableDictionary<string, NodeDevices> Take(
        IReadOnlyList<ObjectChange<V1ResourceSlice>> changes, ImmutableDictionary<string, NodeDevices> devices)
    {
        var touched = new HashSet<PoolKey>();
        foreach (var change in changes)
        {
            if (slices.Remove(change.Key.Name, out var old))
                Leave(old, touched);
            if (change.Type != ChangeType.Deleted)
                Enter(SliceMapping.Map(change.Item), touched);
        }
        var nodes = new HashSet<string>();
        foreach (var key in touched)
            Refold(key, nodes);
        var builder = devices.ToBuilder();
        foreach (var node in nodes)
            Put(builder, DevicePool.OfNode(
                node, poolsOfNode[node].Select(k => pools.GetValueOrDefault(k)).OfType<DevicePool>()));
        return builder.ToImmutable();
    }

    private void Enter(PoolSlice slice, HashSet<PoolKey> touched)
    {
        slices[slice.Name] = slice;
        if (!slicesOfPool.TryGetValue(slice.Pool, out var pool))
            slicesOfPool[slice.Pool] = pool = [];
        pool[slice.Name] = slice;
        touched.Add(slice.Pool);
    }

    private void Leave(PoolSlice slice, HashSet<PoolKey> touched)
    {
        slicesOfPool[slice.Pool].Remove(slice.Name);
        touched.Add(slice.Pool);
    }

    private void Refold(PoolKey key, HashSet<string> nodes)
    {
        var before = this.pools.GetValueOrDefault(key);
        var after = DevicePool.Fold(before, slicesOfPool[key].Values);
        foreach (var node in new[] { before?.KubeNode, after?.KubeNode })
        {
            if (string.IsNullOrEmpty(node))
                continue;
            nodes.Add(node);
            if (!poolsOfNode.TryGetValue(node, out var pools))
                poolsOfNode[node] = pools = [];
            pools.Add(key);
        }
        if (after is not null)
        {
            this.pools[key] = after;
            return;
        }
        this.pools.Remove(key);
        slicesOfPool.Remove(key);
    }

    // A node whose last pool went keeps an entry: it has had slices, and has none now.
    private static void Put(ImmutableDictionary<string, NodeDevices>.Builder devices, NodeDevices now)
    {
        var before = devices.GetValueOrDefault(now.KubeNode);
        if (before is null && now.State == PoolState.None)
            return;
        if (before is not null && before with { Devices = now.Devices } == now
            && before.Devices.SequenceEqual(now.Devices, SameGpu.Instance))
            return;
        devices[now.KubeNode] = now;
    }

    /// <summary>Compares taints by content; all else of a GpuDevice compares so by itself.</summary>
    private sealed class SameGpu : IEqualityComparer<GpuDevice>
    {
        public static readonly SameGpu Instance = new();

        public bool Equals(GpuDevice? x, GpuDevice? y) =>
            x is not null && y is not null && x with { Taints = y.Taints } == y && x.Taints.SequenceEqual(y.Taints);

        public int GetHashCode(GpuDevice obj) => obj.Uuid.GetHashCode(StringComparison.Ordinal);
    }
}
