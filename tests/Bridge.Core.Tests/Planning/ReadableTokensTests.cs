using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Planning;

namespace Bridge.Core.Tests.Planning;

public sealed class ReadableTokensTests
{
    [Theory]
    [InlineData("http://slurm:6820", true, true)]
    [InlineData("https://slurm:6820", true, false)]
    [InlineData("http://127.0.0.1:6820", false, false)]
    public void Ready_says_for_as_long_as_tokens_can_be_read_on_the_way(string url, bool allowed, bool said)
    {
        var view = CaseView.Parse(["pool gpu", "node n1"]);
        var cluster = view.Cluster with { Spec = view.Cluster.Spec with { RestUrl = url, AllowPlainHttp = allowed } };
        var plan = ClusterPlanner.Plan(
            view with { Cluster = cluster }, new PlanMemory(), CaseView.Now);
        var status = Assert.Single(plan.Steps.OfType<WriteClusterStatus>());
        var ready = Assert.Single(status.Conditions, c => c.Type == WellKnown.ReadyCondition);
        Assert.Equal(ConditionStatus.True, ready.Status);
        Assert.Equal(
            "Slurm 26.05.5 answers over v0.0.45"
                + (said ? "; spec.allowPlainHttp: its tokens can be read on the way" : ""),
            ready.Message);
    }
}
