using Bridge.Control;
using Bridge.Core.Names;
using Bridge.Core.Planning;

namespace Bridge.Adapter.Tests.Slurm;

/// <summary>How new what is known of nodes and partitions is.</summary>
public sealed class FreshNodesTests : IAsyncLifetime
{
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(20);
    private FakeCluster cluster = null!;

    public async ValueTask InitializeAsync() => cluster = await FakeCluster.StartAsync();

    public ValueTask DisposeAsync() => cluster.DisposeAsync();

    [Fact]
    public async Task Nodes_are_known_as_of_the_question_and_not_of_the_answer()
    {
        var port = cluster.Port();
        var asked = cluster.Time.GetUtcNow();
        cluster.Rest.Answer("nodes", () => cluster.Time.Advance(Slow));
        Assert.Equal(asked, (await cluster.ReadAsync(port)).Nodes.Since);
    }

    [Fact]
    public async Task After_a_write_the_next_read_looks_at_the_nodes_whatever_the_budget_says()
    {
        var port = cluster.Port(budget: 0.001);
        // So long an answer uses up what credit there is.
        cluster.Rest.Answer("nodes", 200, Recording.Text("v0.0.45", "nodes.json") + new string(' ', 15_000_000));
        await cluster.ReadAsync(port);
        Assert.Equal(0, await NodesAskedBy(() => cluster.ReadAsync(port)));
        var drain = new DrainNodes(new ObjectRef("NodePool", "default", "x"), "", [new NodeName("n0")], "bridge: x");
        Assert.Equal(StepResult.Done, await port.DrainAsync(drain, TestContext.Current.CancellationToken));
        Assert.Equal(1, await NodesAskedBy(() => cluster.ReadAsync(port)));
        Assert.Equal(0, await NodesAskedBy(() => cluster.ReadAsync(port)));
    }

    private async Task<int> NodesAskedBy(Func<Task> act)
    {
        var before = cluster.Rest.Asked.Count;
        await act();
        return cluster.Rest.Asked.Skip(before)
            .Count(a => a.StartsWith("GET slurm/v0.0.45/nodes/", StringComparison.Ordinal));
    }
}
