using Bridge.Core.Names;
using Bridge.Core.Planning;
using Bridge.Core.Policy;
using Bridge.Core.View;

namespace Bridge.Core.Tests.Planning;

public sealed class BulkheadTests
{
    private static readonly string[] TwoPools =
    [
        "pool main", "pool other", "node gpu-1 pool=main cordoned", "node gpu-2 pool=other cordoned", "pod gpu-1",
        "pod gpu-2", "claim gpu-1 in-use", "claim gpu-2 in-use", "slurm gpu-1", "slurm gpu-2",
    ];

    private static Plan PlanOf(ClusterView view) => ClusterPlanner.Plan(view, new PlanMemory(), CaseView.Now);

    private static ClusterView WithPool(Func<NodePool, NodePool> change)
    {
        var view = CaseView.Parse(TwoPools);
        return view with { Kube = view.Kube with { Pools = [change(view.Kube.Pools[0]), view.Kube.Pools[1]] } };
    }

    private static Condition Ready(Plan plan, string name) =>
        plan.Steps.OfType<WriteStatus>().Single(s => s.About.Name == name).Conditions
            .Single(c => c.Type == WellKnown.ReadyCondition);

    [Fact]
    public void A_pool_that_a_planner_fails_on_stops_no_other()
    {
        var plan = PlanOf(WithPool(p => p with { Spec = p.Spec with { MaxUnavailable = null! } }));
        Assert.Equal("gpu-2", Assert.Single(plan.Steps.OfType<DrainNodes>()).Nodes.Single().Value);
        Assert.Equal("PlanFailed", Ready(plan, "lab").Reason);
        Assert.StartsWith("drains of pool main: it could not be planned", Ready(plan, "lab").Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_that_a_planner_fails_on_stops_no_other()
    {
        var plan = PlanOf(WithPool(p => p with { Spec = p.Spec with { Reserved = null! } }));
        Assert.Contains("gpu-2", plan.Steps.OfType<DrainNodes>().SelectMany(d => d.Nodes).Select(n => n.Value));
        Assert.StartsWith("node gpu-1: it could not be planned", Ready(plan, "main").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plan_that_cannot_be_made_at_all_is_told_in_the_cluster()
    {
        var plan = PlanOf(WithPool(p => p with { Spec = p.Spec with { NodeSelector = null! } }));
        Assert.Equal("PlanFailed", Ready(plan, "lab").Reason);
        Assert.Single(plan.Steps);
    }
}
