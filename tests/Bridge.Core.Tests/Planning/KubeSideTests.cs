using System.Collections.Immutable;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Planning;
using Bridge.Core.Policy;
using Bridge.Core.View;

namespace Bridge.Core.Tests.Planning;

public sealed class KubeSideTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>What is worked out of thousands of Kubernetes nodes shows in what a plan allocates.</summary>
    [Fact]
    public void A_status_that_somebody_writes_does_not_have_all_nodes_worked_out_again()
    {
        var (view, memory) = (View(3000), new PlanMemory());
        Allocated(view, memory);
        var idle = Allocated(view, memory);
        var kube = view.Kube;
        var written = view with
        {
            Cluster = view.Cluster with { ResourceVersion = "8" },
            Kube = kube with
            {
                Pools = [.. kube.Pools.Select(p => p with { Counts = new NodePoolCounts { KubeNodes = 7 } })],
                Partitions = [Policy],
            },
        };
        var after = Allocated(written, memory);
        Assert.True(after < idle * 1.5, $"{idle} bytes for a plan after its like, {after} after a status was written");
    }

    [Fact]
    public void A_pool_that_changed_has_its_nodes_described_anew()
    {
        var (view, memory) = (View(2), new PlanMemory());
        Assert.Equal(8, Started(view, memory));
        var pool = view.Kube.Pools[0];
        var spec = pool.Spec with { Reserved = new Reservation { Cpus = 2 } };
        var changed = view with { Kube = view.Kube with { Pools = [pool with { Spec = spec }] } };
        Assert.Equal(6, Started(changed, memory));
    }

    private static int Started(ClusterView view, PlanMemory memory) =>
        ClusterPlanner.Plan(view, memory, Now).Steps.OfType<CreatePod>().First().Pod.Cpus;

    private static ClusterView View(int nodes)
    {
        var fresh = new SourceState(true, Now);
        var kube = new KubeView
        {
            Source = fresh,
            Clusters = [Cluster("one")],
            Pools = [Pool("one")],
            Nodes = Enumerable.Range(0, nodes).Select(i => Node($"n{i}", nodes > 100))
                .ToImmutableDictionary(n => n.Name),
        };
        var slurm = new SlurmView { Nodes = fresh, Partitions = fresh, Jobs = fresh };
        return new ClusterView(kube.Clusters[0], kube, slurm);
    }

    private static long Allocated(ClusterView view, PlanMemory memory)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        ClusterPlanner.Plan(view, memory, Now);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static readonly PartitionPolicy Policy = new()
    {
        Ref = new ObjectRef("PartitionPolicy", "slurm", "p", "uid-p"),
        Spec = new PartitionPolicySpec { Cluster = "one" },
    };

    private static SlurmCluster Cluster(string name) => new()
    {
        Ref = new ObjectRef("SlurmCluster", "slurm", name, "uid-" + name),
        HasFinalizer = true,
        Spec = new SlurmClusterSpec { RestUrl = "unix:/run/slurmrestd.sock", ConfServer = "slurmctld:6817" },
    };

    private static NodePool Pool(string cluster) => new()
    {
        Ref = new ObjectRef("NodePool", "slurm", "main", "uid-main"),
        Spec = new NodePoolSpec
        {
            Cluster = cluster,
            NodeSelector = new NodeSelector
            {
                MatchLabels = ImmutableDictionary<string, string>.Empty.Add("pool", "main"),
            },
            Slurmd = new SlurmdTemplate { Image = "slurmd:26.05" },
            GpuOwnership = GpuOwnership.None,
        },
    };

    private static KubeNode Node(string name, bool cordoned) => new()
    {
        Name = name, Uid = "uid-" + name, Ready = ConditionStatus.True, Cordoned = cordoned,
        Labels = ImmutableDictionary<string, string>.Empty.Add("pool", "main"),
        AllocatableMilliCpu = 8000, AllocatableMemoryBytes = 8L << 30,
    };
}
