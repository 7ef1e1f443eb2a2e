using System.Collections.Immutable;
using System.Globalization;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Policy;
using Bridge.Core.View;

namespace Bridge.Sim.World;

/// <summary>The truth of Kubernetes. Whoever changes something says so by <see cref="Touch"/>.</summary>
internal sealed class KubeWorld
{
    public const string Namespace = "slurm";
    public const string GpuTaint = "gpu.nvidia.com/xid";

    private KubeView? view;
    private int uids;

    public SortedDictionary<string, KubeNode> Nodes { get; } = new(StringComparer.Ordinal);
    public SortedDictionary<string, NodeDevices> Devices { get; } = new(StringComparer.Ordinal);
    public SortedDictionary<string, SimPod> Pods { get; } = new(StringComparer.Ordinal);
    public SortedDictionary<string, SimClaim> Claims { get; } = new(StringComparer.Ordinal);
    public SortedDictionary<string, NodePool> Pools { get; } = new(StringComparer.Ordinal);
    public SortedDictionary<string, PartitionPolicy> Policies { get; } = new(StringComparer.Ordinal);

    /// <summary>Nodes whose machine is off: no kubelet, no slurmd.</summary>
    public HashSet<string> Dead { get; } = new(StringComparer.Ordinal);

    public SlurmCluster Cluster { get; set; } = new()
    {
        Ref = new ObjectRef("SlurmCluster", Namespace, "lab", "uid-lab"),
        HasFinalizer = true,
        Spec = new SlurmClusterSpec
        {
            RestUrl = "unix:/run/slurmrestd.sock",
            ConfServer = "slurmctld:6817",
            TokenKeyRef = new SecretKeyRef { Name = "slurm-jwt", Key = "jwt.key" },
            SlurmKeyRef = new SecretKeyRef { Name = "slurm-key", Key = "slurm.key" },
        },
    };

    /// <summary>It was deleted, and its finalizer is off.</summary>
    public bool ClusterIsGone => Cluster is { Deleting: true, HasFinalizer: false };

    public int Revision { get; private set; }

    public void Touch()
    {
        Revision++;
        view = null;
    }

    public string NewUid(string what) => string.Create(CultureInfo.InvariantCulture, $"uid-{what}-{++uids}");

    /// <summary>What an informer that lags by nothing would show; the same value while nothing changed.</summary>
    public KubeView View => view ??= new KubeView
    {
        Source = new SourceState(true, DateTimeOffset.UnixEpoch),
        Nodes = Nodes.ToImmutableDictionary(),
        Devices = Devices.ToImmutableDictionary(),
        Pods = [.. Pods.Values.Select(p => p.Seen)],
        Claims = [.. Claims.Values.Select(c => c.Seen)],
        Clusters = ClusterIsGone ? [] : [Cluster],
        Pools = [.. Pools.Values],
        Partitions = [.. Policies.Values],
    };

    public void Put(KubeNode node)
    {
        Nodes[node.Name] = node;
        Touch();
    }

    public void Put(SlurmCluster cluster)
    {
        Touch();
        Cluster = cluster with { ResourceVersion = Revision.ToString(CultureInfo.InvariantCulture) };
    }

    public void Put(PartitionPolicy policy)
    {
        Touch();
        var version = Revision.ToString(CultureInfo.InvariantCulture);
        if (policy is { Deleting: true, HasFinalizer: false })
            Policies.Remove(policy.Ref.Name);
        else
            Policies[policy.Ref.Name] = policy with { ResourceVersion = version };
    }

    public void AddNode(string name, string pool, int gpus)
    {
        var labels = ImmutableDictionary<string, string>.Empty.Add("pool", pool);
        Put(new KubeNode
        {
            Name = name, Uid = NewUid(name), Labels = labels, Ready = ConditionStatus.True,
            AllocatableMilliCpu = 16_000, AllocatableMemoryBytes = 64L << 30,
        });
        Publish(name, [.. Enumerable.Range(0, gpus).Select(i => Gpu(name, i))]);
    }

    /// <summary>Writes the node's ResourceSlices, whole.</summary>
    public void Publish(string node, ImmutableArray<GpuDevice> devices)
    {
        Devices[node] = new NodeDevices(node, devices.IsEmpty ? PoolState.None : PoolState.Complete, "", devices);
        Touch();
    }

    public static GpuDevice Gpu(string node, int index) => new()
    {
        Driver = WellKnown.NvidiaDriver, Pool = node, Name = $"gpu-{index}", Uuid = $"GPU-{node}-{index}",
        Product = "NVIDIA H100 80GB HBM3",
    };

    public void AddPool(string name) => Pools[name] = new NodePool
    {
        Ref = new ObjectRef("NodePool", Namespace, name, NewUid(name)),
        Spec = new NodePoolSpec
        {
            Cluster = "lab",
            NodeSelector = new NodeSelector
            {
                MatchLabels = ImmutableDictionary<string, string>.Empty.Add("pool", name),
            },
            Slurmd = new SlurmdTemplate { Image = "slurmd:1" },
        },
    };

    public void AddPolicy(string name, params ImmutableArray<string> pools) => Put(new PartitionPolicy
    {
        Ref = new ObjectRef("PartitionPolicy", Namespace, name, NewUid(name)),
        Spec = new PartitionPolicySpec { Cluster = "lab", Pools = pools },
    });

    /// <summary>
    /// The node of this name that a living pool of a living cluster selects; null when none does.
    /// </summary>
    public KubeNode? Selected(NodeName name) =>
        !Cluster.Deleting && Nodes.GetValueOrDefault(name.Value) is { Deleting: false } node
        && Pools.Values.Any(p => !p.Deleting && node.Labels.GetValueOrDefault("pool") == p.Ref.Name)
            ? node : null;

    /// <summary>A pod is asked to end; it is gone a few ticks later.</summary>
    public void EndPod(SimPod pod, int goneAt)
    {
        if (pod.Seen.Deleting)
            return;
        pod.Seen = pod.Seen with { Deleting = true };
        pod.DueAt = goneAt;
        Touch();
    }

    /// <summary>A claim that is in use goes only once it no longer is.</summary>
    public void DeleteClaim(SimClaim claim)
    {
        if (claim.Seen.InUse)
            claim.Seen = claim.Seen with { Deleting = true };
        else
            Claims.Remove(claim.Spec.Name);
        Touch();
    }

    public void Release(string claimName)
    {
        if (!Claims.TryGetValue(claimName, out var claim) || !claim.Seen.InUse)
            return;
        claim.Seen = claim.Seen with { Allocated = false, InUse = false };
        if (claim.Seen.Deleting)
            Claims.Remove(claimName);
        Touch();
    }
}
