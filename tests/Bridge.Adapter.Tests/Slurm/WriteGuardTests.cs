using System.Text.Json.Nodes;
using Bridge.Control;
using Bridge.Core.Names;
using Bridge.Core.Planning;

namespace Bridge.Adapter.Tests.Slurm;

/// <summary>What a write must not take from others, however the world moved since it was planned.</summary>
public sealed class WriteGuardTests : IAsyncLifetime
{
    private static readonly ObjectRef About = new("NodePool", "default", "test");
    private static readonly DrainNodes Cordon = new(About, "", [new NodeName("n0")], "bridge: cordon");
    private FakeCluster cluster = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => cluster = await FakeCluster.StartAsync();

    public ValueTask DisposeAsync() => cluster.DisposeAsync();

    [Theory]
    [InlineData("FAIL", "bad DIMM", "n0 is failing already: bad DIMM")]
    [InlineData("DOWN", "board swapped", "n0 is down already: board swapped")]
    public async Task FAIL_and_DOWN_of_an_administrator_are_not_taken_over(string flag, string reason, string told)
    {
        Set(node => (node["state"], node["reason"]) = (new JsonArray("IDLE", flag), reason));
        var drain = await cluster.Port().DrainAsync(Cordon, Cancel);
        Assert.Equal(told, Assert.IsType<StepResult.ConflictResult>(drain).Reason);
        Assert.Empty(cluster.Rest.Written);
    }

    [Fact]
    public async Task A_node_that_Slurm_itself_set_DOWN_is_drained()
    {
        Set(node => (node["state"], node["reason"]) = (new JsonArray("DOWN"), "Not responding"));
        Assert.Equal(StepResult.Done, await cluster.Port().DrainAsync(Cordon, Cancel));
    }

    [Fact]
    public async Task A_node_of_somebody_else_is_neither_drained_nor_deleted_nor_given_features()
    {
        Set(node => node["features"] = new JsonArray("lab"));
        var port = cluster.Port();
        StepResult[] results =
        [
            await port.DrainAsync(Cordon, Cancel),
            await port.DeleteNodesAsync(new DeleteSlurmNodes(About, "", Cordon.Nodes), Cancel),
            await port.TagAsync(Tag("k8s/pool-a"), Cancel),
        ];
        Assert.All(results, result => Assert.StartsWith("n0 is not Bridge's",
            Assert.IsType<StepResult.ConflictResult>(result).Reason, StringComparison.Ordinal));
        Assert.Empty(cluster.Rest.Written);
    }

    [Fact]
    public async Task Features_that_others_set_since_the_plan_stay_and_stay_as_active_as_they_were()
    {
        Set(node =>
        {
            node["features"] = new JsonArray("lab", "k8s/pool-a", "k8s/old", "just-added", "off");
            node["active_features"] = new JsonArray("lab", "k8s/pool-a", "k8s/old", "just-added");
        });
        Assert.Equal(StepResult.Done, await cluster.Port().TagAsync(Tag("lab", "k8s/pool-a", "k8s/new"), Cancel));
        var written = JsonNode.Parse(Assert.Single(cluster.Rest.Written))!;
        Assert.Equal("""["lab","just-added","off","k8s/pool-a","k8s/new"]""", written["features"]!.ToJsonString());
        Assert.Equal("""["lab","just-added","k8s/pool-a","k8s/new"]""", written["features_act"]!.ToJsonString());
    }

    [Fact]
    public async Task Leadership_that_ends_between_reading_and_writing_keeps_the_write_back()
    {
        var port = cluster.Port();
        cluster.Rest.Answer("node/n0", () => cluster.Leads = false);
        cluster.Rest.Answer("reservations", () => cluster.Leads = false);
        Assert.Contains("leads no longer", Reason(await port.DrainAsync(Cordon, Cancel)), StringComparison.Ordinal);
        cluster.Leads = true;
        Set(_ => { });
        Assert.Contains("leads no longer", Reason(await port.DeleteNodesAsync(
            new DeleteSlurmNodes(About, "", Cordon.Nodes), Cancel)), StringComparison.Ordinal);
        Assert.Empty(cluster.Rest.Written);
        Assert.DoesNotContain(cluster.Rest.Asked, a => a.StartsWith("DELETE", StringComparison.Ordinal));
    }

    private static string Reason(StepResult result) => Assert.IsType<StepResult.UnavailableResult>(result).Reason;

    private static TagNodes Tag(params string[] features) =>
        new(About, "", Cordon.Nodes, new NodeTags(null, null, [.. features]));

    // An idle node of a pool, changed.
    private void Set(Action<JsonObject> change) => cluster.Node("n0", node =>
    {
        node["state"] = new JsonArray("IDLE");
        node["alloc_cpus"] = 0;
        node["features"] = new JsonArray("lab", "k8s/pool-a");
        change(node);
    });
}
