using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Bridge.Control;
using Bridge.Core.Names;
using Bridge.Core.Planning;
using Bridge.Core.SlurmText;

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

    [Theory]
    [InlineData("DOWN", "Node unexpectedly rebooted", "")]
    [InlineData("DOWN,DRAIN", "bridge: rollout : Not responding", "")]
    [InlineData("DOWN", "power supply", "n0 is down for another reason: power supply")]
    [InlineData("DOWN,DRAIN", "cable : Not responding", "n0 is drained for another reason: cable : Not responding")]
    [InlineData("DOWN,NOT_RESPONDING", "Not responding", "the slurmd of n0 does not answer")]
    public async Task A_node_that_is_DOWN_is_resumed_only_where_Slurm_itself_set_it_so_and_it_answers(
        string state, string reason, string objection)
    {
        Set(node => (node["state"], node["reason"]) = (
            new JsonArray([.. state.Split(',').Select(s => JsonValue.Create(s))]), reason));
        var expected = objection.Contains("another", StringComparison.Ordinal) ? "Not responding" : reason;
        var result = await cluster.Port().ResumeAsync(
            new ResumeNodes(About, "", Cordon.Nodes, expected) { Down = true }, Cancel);
        Assert.Equal(objection, result.Reason);
        var written = cluster.Rest.Written.Select(w => (string)JsonNode.Parse(w)!["state"]![0]!);
        Assert.Equal(objection.Length == 0 ? ["RESUME"] : [], written);
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

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_drain_that_somebody_else_makes_right_after_Bridge_wrote_is_told_and_left(bool drains)
    {
        var ours = drains ? "" : Cordon.Reason;
        Set(node => (node["state"], node["reason"]) = (State(ours), ours));
        cluster.Rest.Answer("nodes", () =>
            Set(node => (node["state"], node["reason"]) = (State("bad DIMM"), "bad DIMM")));
        var port = cluster.Port();
        var result = drains
            ? await port.DrainAsync(Cordon, Cancel)
            : await port.ResumeAsync(new ResumeNodes(About, "", Cordon.Nodes, Cordon.Reason), Cancel);
        Assert.Equal(
            "n0 is drained by somebody else since a moment ago: bad DIMM",
            Assert.IsType<StepResult.ConflictResult>(result).Reason);
        Assert.Single(cluster.Rest.Written);
    }

    [Fact]
    public async Task Many_nodes_are_read_and_written_by_the_few_and_never_all_of_the_fleet()
    {
        var names = Enumerable.Range(1, 200).Select(i => new NodeName($"m{i}")).ToImmutableArray();
        foreach (var name in names)
            Set(node => node["name"] = name.Value, name.Value);
        Assert.Equal(StepResult.Done, await cluster.Port().DrainAsync(Cordon with { Nodes = names }, Cancel));
        var written = cluster.Rest.Written.Select(w => (string)JsonNode.Parse(w)!["name"]![0]!).ToList();
        Assert.Equal(names.Order(), written.SelectMany(w => Hostlist.Expand(w)).Order());
        Assert.All(written, w => Assert.InRange(Hostlist.Expand(w).Length, 1, 64));
        Assert.DoesNotContain(
            cluster.Rest.Asked, a => a.StartsWith("GET slurm/v0.0.45/nodes", StringComparison.Ordinal));
        // What a write stands on was read right before it: each of its nodes after the write before.
        var asked = cluster.Rest.Asked.Where(a => a.Contains("/node", StringComparison.Ordinal)).ToList();
        var first = asked.FindIndex(a => a.StartsWith("POST", StringComparison.Ordinal));
        Assert.Equal(64, first);
    }

    [Theory]
    [InlineData("IDLE,DRAIN", "bridge: cordon", "bridge: cordon", "")]
    [InlineData("IDLE,FAIL", "bad DIMM", "bad DIMM", "")]
    [InlineData("IDLE", "", "bridge: cordon", "n0 is no longer kept from work for 'bridge: cordon'")]
    [InlineData("IDLE,DRAIN", "bad DIMM", "bridge: cordon", "n0 is no longer kept from work for 'bridge: cordon'")]
    [InlineData("MIXED,DRAIN", "bridge: cordon", "bridge: cordon", "n0 has a job by now")]
    [InlineData("IDLE,COMPLETING,DRAIN", "bridge: cordon", "bridge: cordon", "n0 has a job by now")]
    [InlineData("IDLE,DRAIN", "bridge: cordon", null, "n0 is registered in Slurm by now")]
    public async Task A_slurmd_is_ended_only_where_no_job_runs_or_can_start(
        string state, string reason, string? heldFor, string objection)
    {
        Set(node => (node["state"], node["reason"]) = (
            new JsonArray([.. state.Split(',').Select(s => JsonValue.Create(s))]), reason));
        var result = await cluster.Port().ConfirmIdleAsync(new NodeName("n0"), heldFor, Cancel);
        Assert.Equal(objection, result.Reason);
        Assert.Equal(objection.Length == 0, result == StepResult.Done);
    }

    [Theory]
    [InlineData("DRAIN", "bridge: leaving", "")]
    [InlineData("DOWN,DRAIN", "bridge: leaving : Not responding", "")]
    [InlineData("IDLE", "", "n0 is no longer kept from work for 'bridge: leaving'")]
    [InlineData("DRAIN", "bridge: cordon", "n0 is no longer kept from work for 'bridge: leaving'")]
    public async Task A_record_is_deleted_only_where_it_is_kept_from_work_for_what_the_plan_knew(
        string state, string reason, string objection)
    {
        Set(node => (node["state"], node["reason"]) = (
            new JsonArray([.. state.Split(',').Select(s => JsonValue.Create(s))]), reason));
        var result = await cluster.Port().DeleteNodesAsync(
            new DeleteSlurmNodes(About, "", Cordon.Nodes) { HeldFor = "bridge: leaving" }, Cancel);
        Assert.Equal(objection, result.Reason);
        Assert.Equal(
            objection.Length == 0 ? 1 : 0,
            cluster.Rest.Asked.Count(a => a.StartsWith("DELETE", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_partition_that_somebody_made_or_changed_since_the_plan_is_not_written()
    {
        var port = cluster.Port();
        var gang = (await cluster.ReadAsync(port)).PartitionsByName[new PartitionName("gang")];
        var wanted = gang with { MaxTimeMinutes = 7 };
        foreach (var (seen, told) in new[]
        {
            (null, "there is a partition gang by now, which the plan did not see"),
            (gang with { PriorityTier = 77 }, "partition gang is another one since the plan was made: priority tier"),
        })
            Assert.StartsWith(told, Assert.IsType<StepResult.ConflictResult>(await port.PutPartitionAsync(
                new PutPartition(About, "", wanted) { Seen = seen }, Cancel)).Reason, StringComparison.Ordinal);
        var made = wanted with { Name = new PartitionName("new") };
        Assert.Equal("partition new is gone since the plan was made", (await port.PutPartitionAsync(
            new PutPartition(About, "", made) { Seen = made }, Cancel)).Reason);
        Assert.Empty(cluster.Rest.Written);
    }

    [Fact]
    public async Task That_there_is_no_such_node_is_believed_where_a_living_slurmctld_stands_behind_it()
    {
        var port = cluster.Port();
        var name = new NodeName("nosuch");
        Assert.Equal(StepResult.Done, await port.ConfirmIdleAsync(name, null, Cancel));
        Assert.DoesNotContain(cluster.Rest.Asked, a => a.Contains("/nodes/", StringComparison.Ordinal));
        cluster.Rest.Answer("ping", 200, """{"pings":[{"hostname":"ctl","pinged":"DOWN","responding":false}]}""");
        Assert.IsType<StepResult.UnavailableResult>(await port.ConfirmIdleAsync(name, null, Cancel));
        cluster.Rest.Answer("ping", null);
        cluster.Rest.Answer("node/nosuch", 500, """{"errors":[{"error_number":1800,"description":"no controller"}]}""");
        Assert.IsType<StepResult.UnavailableResult>(await port.ConfirmIdleAsync(name, null, Cancel));
    }

    private static JsonArray State(string reason) => reason.Length == 0 ? ["IDLE"] : ["IDLE", "DRAIN"];

    private static string Reason(StepResult result) => Assert.IsType<StepResult.UnavailableResult>(result).Reason;

    private static TagNodes Tag(params string[] features) =>
        new(About, "", [new NodeTag(Cordon.Nodes[0], "", null, null, [.. features])]);

    // An idle node of a pool, changed.
    private void Set(Action<JsonObject> change, string name = "n0") => cluster.Node(name, node =>
    {
        node["state"] = new JsonArray("IDLE");
        node["alloc_cpus"] = 0;
        node["features"] = new JsonArray("lab", "k8s/pool-a");
        change(node);
    });
}
