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
    public void Two_clusters_of_one_view_do_not_make_each_other_work_out_its_nodes_again()
    {
        var fresh = new SourceState(true, Now);
        var kube = new KubeView
        {
            Source = fresh,
            Clusters = [Cluster("one"), Cluster("two")],
            Pools = [Pool("one")],
            Nodes = Enumerable.Range(0, 3000).Select(i => Node($"n{i}")).ToImmutableDictionary(n => n.Name),
        };
        var slurm = new SlurmView { Nodes = fresh, Partitions = fresh, Jobs = fresh };
        var views = kube.Clusters.Select(c => new ClusterView(c, kube, slurm)).ToList();
        Allocated(views[0]);
        var alone = Allocated(views[0]);
        Allocated(views[1]);
        var after = Allocated(views[0]);
        Assert.True(after < alone * 1.1, $"{alone} bytes for a plan after its like, {after} after another cluster's");
    }

    private static long Allocated(ClusterView view)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        ClusterPlanner.Plan(view, Now);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static SlurmCluster Cluster(string name) => new()
    {
        Ref = new ObjectRef("SlurmCluster", "slurm", name, "uid-" + name),
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

    private static KubeNode Node(string name) => new()
    {
        Name = name, Uid = "uid-" + name, Ready = ConditionStatus.False,
        Labels = ImmutableDictionary<string, string>.Empty.Add("pool", "main"),
        AllocatableMilliCpu = 8000, AllocatableMemoryBytes = 8L << 30,
    };
}
