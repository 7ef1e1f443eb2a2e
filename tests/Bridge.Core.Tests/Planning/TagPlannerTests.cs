using Bridge.Core.Names;
using Bridge.Core.Planning;
using Bridge.Core.View;

namespace Bridge.Core.Tests.Planning;

public sealed class TagPlannerTests
{
    private const int Nodes = 1300;

    // Many of one that has just registered, and one that is cordoned.
    private static ClusterView Registered(params string[] more)
    {
        var view = CaseView.Parse(
        [
            "pool main", "node gpu-1 gpus=0", "pod gpu-1", "slurm gpu-1 untagged", "node last cordoned gpus=0",
            "pod last", "slurm last", .. more,
        ]);
        var (kube, slurm) = (view.Kube, view.Slurm);
        var (node, pod) = (kube.Nodes["gpu-1"], kube.Pods.Single(p => p.KubeNode == "gpu-1"));
        var record = slurm.NodesByName[new NodeName("gpu-1")];
        var names = Enumerable.Range(2, Nodes - 1).Select(i => $"gpu-{i}").ToList();
        return view with
        {
            Kube = kube with
            {
                Nodes = kube.Nodes.AddRange(
                    names.Select(n => KeyValuePair.Create(n, node with { Name = n, Uid = "uid-" + n }))),
                Pods = kube.Pods.AddRange(names.Select(n => pod with
                {
                    Name = "slurmd-" + n, Uid = "uid-pod-" + n, SlurmNode = new NodeName(n), KubeNode = n,
                })),
            },
            Slurm = slurm with
            {
                NodesByName = slurm.NodesByName.AddRange(names.Select(n =>
                    KeyValuePair.Create(new NodeName(n), record with { Name = new NodeName(n) }))),
            },
        };
    }

    /// <summary>A whole fleet that registers at once, as after a change of what a back-reference holds.</summary>
    [Fact]
    public void Thousands_of_tags_are_a_few_steps_a_plan_and_come_after_the_drains()
    {
        var view = Registered();
        var memory = CaseView.Remember(view);
        var left = Nodes;
        for (var plans = 0; left > 0; plans++)
        {
            Assert.True(plans < 10, $"{left} nodes are not written after {plans} plans");
            var steps = ClusterPlanner.Plan(view, memory, CaseView.Now).Steps;
            var tags = steps.OfType<TagNodes>().ToList();
            Assert.InRange(tags.Count, 1, 10);
            if (plans == 0)
                Assert.IsType<DrainNodes>(steps[0]);
            var written = tags.SelectMany(t => t.Tags).ToList();
            Assert.Equal(Math.Min(left, TagPlanner.MostInAPlan), written.DistinctBy(t => t.Node).Count());
            left -= written.Count;
            view = PlanLawsApply.All(view, new Plan([.. tags], null));
        }
        Assert.Empty(ClusterPlanner.Plan(view, memory, CaseView.Now).Steps.OfType<TagNodes>());
    }

    [Fact]
    public void A_node_whose_tag_was_refused_is_a_step_of_its_own()
    {
        var view = Registered(
            "refusal tag/gpu-7 kind=SlurmCluster about=lab why=write reason=\"it is locked\"");
        var tags = ClusterPlanner.Plan(view, CaseView.Remember(view), CaseView.Now).Steps.OfType<TagNodes>().ToList();
        Assert.Equal("write on gpu-7 in Slurm: back-reference", tags[^1].Why);
        Assert.Single(tags, t => t.Tags.Any(n => n.Node.Value == "gpu-7"));
    }
}
