using System.Collections.Immutable;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Planning;
using Bridge.Core.Policy;
using Bridge.Core.View;

namespace Bridge.Core.Tests.Planning;

public sealed class UnservedPlannerTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;

    private static readonly SlurmCluster Lab = new()
    {
        Ref = new ObjectRef("SlurmCluster", "slurm", "lab"),
        Spec = new SlurmClusterSpec { RestUrl = "http://slurmrestd:6820", ConfServer = "slurmctld:6817" },
    };

    private static readonly NodePool Pool = new()
    {
        Ref = new ObjectRef("NodePool", "slurm", "h100"),
        Spec = new NodePoolSpec
        {
            Cluster = "lba", NodeSelector = new NodeSelector(), Slurmd = new SlurmdTemplate { Image = "slurmd:26.05" },
        },
        Counts = new NodePoolCounts { KubeNodes = 3 },
    };

    private static readonly PartitionPolicy Policy = new()
    {
        Ref = new ObjectRef("PartitionPolicy", "slurm", "gpu"),
        Spec = new PartitionPolicySpec { Cluster = "lba" },
        ResourceVersion = "7",
    };

    private static ImmutableArray<Step> Plan(KubeView view) => UnservedPlanner.Plan(view, Now);

    private static KubeView View(params SlurmCluster[] clusters) => new()
    {
        Source = new SourceState(true, Now), Clusters = [.. clusters], Pools = [Pool], Partitions = [Policy],
    };

    [Fact]
    public void A_pool_and_a_policy_of_no_cluster_say_which_clusters_there_are()
    {
        var steps = Plan(View(Lab)).Cast<WriteStatus>().ToList();
        Assert.Equal([Pool.Ref, Policy.Ref], steps.Select(s => s.About));
        Assert.All(steps, s => Assert.Equal(
            "spec.cluster names lba, but namespace slurm has no such SlurmCluster; it has lab", s.Why));
        Assert.All(steps, s => Assert.Equal(ConditionStatus.False, Assert.Single(s.Conditions).Status));
        Assert.Equal(3, Assert.IsType<WritePoolStatus>(steps[0]).Counts.KubeNodes);
    }

    [Fact]
    public void What_was_said_is_not_said_again()
    {
        var steps = Plan(View());
        var told = View() with
        {
            Pools = [Pool with { Conditions = ((WriteStatus)steps[0]).Conditions }],
            Partitions = [Policy with { Conditions = ((WriteStatus)steps[1]).Conditions }],
        };
        Assert.Empty(Plan(told));
    }

    [Fact]
    public void A_cluster_of_another_namespace_does_not_count()
    {
        var elsewhere = Lab with { Ref = Lab.Ref with { Namespace = "other", Name = "lba" } };
        Assert.EndsWith("it has none yet", Plan(View(elsewhere))[0].Why, StringComparison.Ordinal);
        Assert.Empty(Plan(View(Lab with { Ref = Lab.Ref with { Name = "lba" } })));
    }

    [Fact]
    public void A_policy_that_is_deleted_after_its_cluster_is_let_go()
    {
        var view = View() with { Partitions = [Policy with { Deleting = true, HasFinalizer = true }] };
        var step = Assert.IsType<SetPartitionFinalizer>(Plan(view)[1]);
        Assert.Equal((false, "7"), (step.Present, step.ResourceVersion));
        Assert.EndsWith("partition gpu stays in that Slurm", step.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_said_while_Kubernetes_cannot_be_read() =>
        Assert.Empty(Plan(View() with { Source = new SourceState(true, Now, "no answer") }));
}
