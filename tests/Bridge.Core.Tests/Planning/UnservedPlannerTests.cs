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

    private static readonly SlurmdPod Pod = new()
    {
        Namespace = "slurm", Name = "slurmd-gpu-1", Uid = "uid-pod", SlurmNode = new NodeName("gpu-1"),
        KubeNode = "gpu-1", Cluster = "lba", Pool = "h100",
    };

    private static readonly SlurmdClaim Claim = new()
    {
        Namespace = "slurm", Name = "slurmd-gpu-1-0", Uid = "uid-claim", SlurmNode = new NodeName("gpu-1"),
        Cluster = "lba",
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
        var step = Assert.IsType<SetFinalizer>(Plan(view)[1]);
        Assert.Equal((false, "7"), (step.Present, step.ResourceVersion));
        Assert.EndsWith("partition gpu stays in that Slurm", step.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Pods_of_a_cluster_that_is_gone_stay_and_their_pool_says_the_way_out()
    {
        var step = Assert.IsType<WritePoolStatus>(Plan(View() with { Pods = [Pod], Claims = [Claim] })[0]);
        Assert.Contains("this is left of it: 1 slurmd pod; ", step.Why, StringComparison.Ordinal);
        Assert.EndsWith(
            "kubectl -n slurm annotate nodepool h100 slurmbridge.io/abandon=true", step.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void An_abandoned_pool_ends_its_own_pods_without_asking_Slurm()
    {
        var other = Pod with { Name = "slurmd-gpu-2", SlurmNode = new NodeName("gpu-2"), Pool = "a100" };
        var view = View() with
        {
            Pools = [Pool with { Abandoned = true }], Pods = [Pod, other], Claims = [Claim],
        };
        var steps = Plan(view).Where(s => s is not WriteStatus).ToList();
        var step = Assert.IsType<DeletePod>(Assert.Single(steps));
        Assert.Equal((Pool.Ref, Pod.Uid, false), (step.About, step.Uid, step.EndsWork));
        Assert.Equal("end pod slurmd-gpu-1, whatever runs there: NodePool h100 is abandoned (slurmbridge.io/abandon)",
            step.Why);
    }

    [Fact]
    public void An_annotation_to_abandon_means_nothing_while_the_cluster_is_there()
    {
        var view = View(Lab with { Ref = Lab.Ref with { Name = "lba" } }) with
        {
            Pools = [Pool with { Abandoned = true }], Pods = [Pod], Claims = [Claim],
        };
        Assert.Empty(Plan(view));
    }

    [Fact]
    public void A_claim_of_a_cluster_that_is_gone_goes_once_no_pod_can_use_it()
    {
        Assert.DoesNotContain(Plan(View() with { Pods = [Pod], Claims = [Claim] }), s => s is DeleteClaim);
        Assert.DoesNotContain(Plan(View() with { Claims = [Claim with { InUse = true }] }), s => s is DeleteClaim);
        var step = Assert.Single(Plan(View() with { Claims = [Claim] }).OfType<DeleteClaim>());
        Assert.Equal(Claim.Uid, step.Uid);
    }

    [Fact]
    public void Nothing_is_said_while_Kubernetes_cannot_be_read() =>
        Assert.Empty(Plan(View() with { Source = new SourceState(true, Now, "no answer") }));
}
