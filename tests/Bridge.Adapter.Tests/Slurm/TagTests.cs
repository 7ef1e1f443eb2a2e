using System.Text.Json.Nodes;
using Bridge.Control;
using Bridge.Core.Names;
using Bridge.Core.Planning;

namespace Bridge.Adapter.Tests.Slurm;

/// <summary>What many tags cost, and what becomes of those that cannot be written.</summary>
public sealed class TagTests : IAsyncLifetime
{
    private static readonly ObjectRef About = new("SlurmCluster", "default", "test");
    private static readonly List<NodeName> Names = [.. Enumerable.Range(1, 64).Select(i => new NodeName($"m{i}"))];
    private FakeCluster cluster = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private IEnumerable<string> Written => cluster.Rest.Written.Select(w => (string)JsonNode.Parse(w)!["name"]![0]!);

    public async ValueTask InitializeAsync()
    {
        cluster = await FakeCluster.StartAsync();
        foreach (var name in Names)
            Set(name, _ => { });
    }

    public ValueTask DisposeAsync() => cluster.DisposeAsync();

    [Fact]
    public async Task What_is_the_same_for_many_nodes_is_one_request()
    {
        var result = await TagAsync(Names.Select(n => new NodeTag(n, "", null, 11, ["k8s/pool-a", "k8s/h100"])));
        Assert.Equal(StepResult.Done, result);
        Assert.Equal("m[1-64]", Assert.Single(Written));
        Assert.Equal(64, Reads());
    }

    [Fact]
    public async Task What_differs_is_a_request_each_and_each_node_is_read_once()
    {
        Assert.Equal(StepResult.Done, await TagAsync(Names.Select(n => new NodeTag(n, "", $"of {n}", null, null))));
        Assert.Equal(Names.Select(n => n.Value).Order(), Written.Order());
        Assert.Equal(64, Reads());
    }

    [Fact]
    public async Task A_node_that_is_another_one_by_now_keeps_none_of_the_others()
    {
        Set(Names[3], node => node["extra"] = "of another slurmd");
        Set(Names[5], node => node["features"] = new JsonArray("lab"));
        var result = await TagAsync(Names.Select(n => new NodeTag(n, "", null, 11, null)));
        Assert.Equal(
            "the back-reference of m4 is another one since the plan was made; and 1 more",
            Assert.IsType<StepResult.ConflictResult>(result).Reason);
        Assert.Equal("m[1-3,5,7-64]", Assert.Single(Written));
    }

    [Fact]
    public async Task A_Slurm_that_refuses_is_not_asked_for_every_node()
    {
        cluster.Rest.Answer("nodes", 200, """
            {"errors":[{"error_number":2010,"error":"Access/permission denied","description":"no"}],"warnings":[]}
            """);
        Assert.IsType<StepResult.RejectedResult>(
            await TagAsync(Names.Select(n => new NodeTag(n, "", $"of {n}", null, null))));
        Assert.InRange(cluster.Rest.Asked.Count(a => a.StartsWith("POST", StringComparison.Ordinal)), 1, 8);
    }

    private int Reads() =>
        cluster.Rest.Asked.Count(a => a.StartsWith("GET slurm/v0.0.45/node", StringComparison.Ordinal));

    private Task<StepResult> TagAsync(IEnumerable<NodeTag> tags) =>
        cluster.Port().TagAsync(new TagNodes(About, "", [.. tags]), Cancel);

    private void Set(NodeName name, Action<JsonObject> change) => cluster.Node(name.Value, node =>
    {
        node["extra"] = "";
        node["features"] = new JsonArray("lab", "k8s/pool-a");
        change(node);
    });
}
