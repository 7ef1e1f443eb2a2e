using System.Text.Json.Nodes;
using Bridge.Adapter.Tests.KubeFake;
using Bridge.Control;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Planning;
using Bridge.Core.View;
using Bridge.Slurm;
using Bridge.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bridge.Adapter.Tests.Slurm;

/// <summary>
/// The port against a slurmrestd in process that fails in every way that was seen, and some that were not.
/// </summary>
public sealed class PortFaultTests : IAsyncLifetime
{
    private static readonly ObjectRef About = new("NodePool", "default", "test");
    private static readonly NodeName Free = new("n0");
    private static readonly NodeName Foreign = new("n1");

    private readonly ManualTime time = new();
    private readonly List<SlurmPort> ports = [];
    private byte[] key = [1, 2, 3];
    private FakeSlurmrestd slurm = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => slurm = await FakeSlurmrestd.StartAsync();

    public async ValueTask DisposeAsync()
    {
        ports.ForEach(p => p.Dispose());
        await slurm.DisposeAsync();
    }

    public static TheoryData<int, string> BadNodes => new()
    {
        { 200, """{"errors":[{"error_number":1,"error":"odd"}],"nodes":[]}""" },
        { 200, """{"errors":[],"nodes":null}""" },
        { 200, "Unspecified error" },
        { 200, """{"nodes":[{"na""" },
        { 404, "Unable to find requested URL endpoint." },
        { 500, "Unspecified error" },
        { 502, """{"errors":[{"error_number":1800,"error":"Unable to contact slurm controller (connect failure)"}]}""" },
        { 511, """{"errors":[{"error_number":1007,"error":"Protocol authentication error"}]}""" },
        { -1, "" }, // cut in the middle of the body
    };

    [Theory]
    [MemberData(nameof(BadNodes))]
    public async Task A_failed_read_of_nodes_keeps_them_says_so_and_heals(int status, string body)
    {
        var port = Port();
        var good = await ReadAsync(port);
        Assert.Equal(2, good.NodesByName.Count);
        if (status < 0)
            slurm.Answer("nodes", FakeSlurmrestd.CutAsync);
        else
            slurm.Answer("nodes", status, body);
        var bad = await ReadAsync(port);
        Assert.Same(good.NodesByName, bad.NodesByName);
        Assert.True(bad.Nodes.Synced);
        Assert.NotEqual("", bad.Nodes.Error);
        slurm.Answer("nodes", null);
        var healed = await ReadAsync(port);
        Assert.True(healed.Nodes.Current);
        Assert.Same(good.NodesByName, healed.NodesByName);
    }

    [Fact]
    public async Task Nothing_changed_is_the_same_view_and_three_requests()
    {
        var port = Port();
        await ReadAsync(port);
        await ReadAsync(port);
        var view = port.View;
        var before = slurm.Asked.Count;
        Assert.Same(view, await ReadAsync(port));
        var asked = slurm.Asked.Skip(before).ToList();
        Assert.Equal(3, asked.Count);
        Assert.Equal("GET slurm/v0.0.45/diag/", asked[0]);
        Assert.StartsWith("GET slurm/v0.0.45/nodes/?update_time=17", asked[1], StringComparison.Ordinal);
        Assert.StartsWith("GET slurm/v0.0.45/partitions/?update_time=17", asked[2], StringComparison.Ordinal);
    }

    /// <summary>
    /// slurmctld does not count the deletion of a node as a change of its nodes: where nothing else changes, as after
    /// the last one, it answered 304 for ever.
    /// </summary>
    [Fact]
    public async Task After_a_write_no_304_is_taken_for_an_answer()
    {
        var port = Port();
        await ReadAsync(port);
        await ReadAsync(port);
        await port.DeleteNodesAsync(new DeleteSlurmNodes(new ObjectRef("Node", "", "n0"), "", [new NodeName("n0")]),
            TestContext.Current.CancellationToken);
        var before = slurm.Asked.Count;
        await ReadAsync(port);
        Assert.Contains("GET slurm/v0.0.45/nodes/", slurm.Asked.Skip(before));
    }

    [Fact]
    public async Task Jobs_are_never_listed_in_bulk()
    {
        var port = Port();
        for (var i = 0; i < 5; i++)
        {
            slurm.Answer("diag", 200, $$"""{"statistics":{"jobs_submitted":{{i}}},"errors":[]}""");
            time.Advance(TimeSpan.FromSeconds(40));
            await ReadAsync(port);
        }
        Assert.Equal("gpu:h200:2(IDX:0-1)", port.View.JobsById[new JobId(18)].GresDetail.Single());
        Assert.DoesNotContain(slurm.Asked, a =>
            a.Split('?')[0].TrimEnd('/').EndsWith("/jobs", StringComparison.Ordinal)
            && !a.Contains("slurmdb", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_pushed_job_is_read_without_a_bell()
    {
        var port = Port();
        await ReadAsync(port);
        var before = slurm.Asked.Count;
        port.Notify(new JobId(20));
        await ReadAsync(port);
        Assert.Contains("GET slurm/v0.0.45/job/20", slurm.Asked.Skip(before));
    }

    [Fact]
    public async Task A_job_that_the_controller_forgot_ends_by_accounting_and_waits_while_that_is_silent()
    {
        var port = Port();
        await ReadAsync(port);
        var id = new JobId(18);
        Assert.Equal("RUNNING", port.View.JobsById[id].State);
        slurm.Answer("jobs/state", 200, """{"jobs":[],"errors":[]}""");
        slurm.Answer("job/18", 404, Recording.Text("v0.0.45", "job-absent.json"));
        slurm.Answer("slurmdb/jobs", 502,
            """{"errors":[{"error_number":7000,"error":"Unable to connect to database"}]}""");
        for (var i = 0; i < 20; i++)
        {
            time.Advance(TimeSpan.FromMinutes(2));
            await ReadAsync(port);
        }
        Assert.Equal("RUNNING", port.View.JobsById[id].State);
        var record = JsonNode.Parse(Recording.Bytes("v0.0.45", "accounted.json"))!;
        record["jobs"]!.AsArray()
            .Single(j => (int)j!["job_id"]! == 18)!["state"]!["current"] = new JsonArray("NODE_FAIL");
        slurm.Answer("slurmdb/jobs", 200, record.ToJsonString());
        time.Advance(TimeSpan.FromMinutes(2));
        await ReadAsync(port);
        var ended = port.View.JobsById[id];
        Assert.Equal("NODE_FAIL", ended.State);
        Assert.Equal("gpu:h200:2(IDX:0-1)", ended.GresDetail.Single());
    }

    [Fact]
    public async Task A_job_that_ended_hours_before_Bridge_came_back_is_told_once()
    {
        var before = Port();
        await ReadAsync(before);
        var id = new JobId(18);
        var running = before.View.JobsById[id];
        slurm.Answer("jobs/state", 200, """{"jobs":[],"errors":[]}""");
        slurm.Answer("job/18", 404, Recording.Text("v0.0.45", "job-absent.json"));
        var record = JsonNode.Parse(Recording.Bytes("v0.0.45", "accounted.json"))!;
        var job = record["jobs"]!.AsArray().Single(j => (int)j!["job_id"]! == 18)!;
        job["state"]!["current"] = new JsonArray("COMPLETED");
        time.Advance(running.SubmitTime!.Value.AddHours(3) - time.GetUtcNow());
        slurm.Answer("slurmdb/jobs", 200, record.ToJsonString());
        var port = Port();
        port.Recall([running]);
        Assert.Equal("COMPLETED", (await ReadAsync(port)).JobsById[id].State);
        time.Advance(TimeSpan.FromMinutes(2));
        Assert.DoesNotContain(id, (await ReadAsync(port)).JobsById);
    }

    [Fact]
    public async Task A_refused_token_is_minted_anew_once_with_the_key_read_again()
    {
        var port = Port();
        await ReadAsync(port);
        var old = slurm.Tokens.Last();
        key = [9, 9, 9];
        slurm.Answer("node/n0", context => context.Request.Headers["X-SLURM-USER-TOKEN"] == old
            ? TextAsync(context, 511, """{"errors":[{"error_number":1007}]}""")
            : TextAsync(context, 401, "Authentication failure"));
        slurm.Answer("nodes", 401, "Authentication failure");
        var before = slurm.Asked.Count;
        var result = await port.DrainAsync(new DrainNodes(About, "", [Free], "bridge: x"), Cancel);
        Assert.Equal(["GET slurm/v0.0.45/node/n0", "GET slurm/v0.0.45/node/n0"], slurm.Asked.Skip(before).Take(2));
        var reason = Assert.IsType<StepResult.UnavailableResult>(result).Reason;
        Assert.Contains("refuses Bridge's token", reason, StringComparison.Ordinal);
        Assert.DoesNotContain(slurm.Tokens, t => reason.Contains(t, StringComparison.Ordinal));
        Assert.NotEqual(old, slurm.Tokens.Last());
    }

    [Fact]
    public async Task A_hung_server_costs_one_deadline_and_then_one_ping_a_tick()
    {
        var port = Port();
        var good = await ReadAsync(port);
        slurm.Everything = FakeSlurmrestd.HangAsync;
        var before = slurm.Asked.Count;
        var reading = port.ReadAsync(Cancel);
        // The clock stands while a request is on its way.
        await Eventually.TrueAsync(() => slurm.Asked.Count == before + 1, "the diag has come");
        time.Advance(TimeSpan.FromSeconds(15));
        await Eventually.TrueAsync(() => slurm.Asked.Count == before + 2, "the ping has come");
        await Eventually.TrueAsync(() => reading.IsCompleted, "the read gives up", time);
        var hung = await reading;
        Assert.Same(good.NodesByName, hung.NodesByName);
        Assert.EndsWith("did not answer within 5 s", hung.Jobs.Error, StringComparison.Ordinal);
        before = slurm.Asked.Count;
        reading = port.ReadAsync(Cancel);
        await Eventually.TrueAsync(() => slurm.Asked.Count == before + 1, "the second ping has come");
        await Eventually.TrueAsync(() => reading.IsCompleted, "the second read gives up", time);
        await reading;
        Assert.Equal(["GET slurm/v0.0.45/ping/"], slurm.Asked.Skip(before));
    }

    [Fact]
    public async Task A_dead_slurmctld_is_named_as_the_ping_names_it()
    {
        var port = Port();
        await ReadAsync(port);
        slurm.Answer("diag", 502,
            """{"errors":[{"error_number":1800,"error":"Unable to contact slurm controller (connect failure)"}]}""");
        slurm.Answer("ping", 200,
            """{"pings":[{"hostname":"ctl","responding":false,"status":"Connection refused"}],"errors":[]}""");
        var dead = await ReadAsync(port);
        Assert.Equal("slurmctld ctl does not answer slurmrestd: Connection refused", dead.Nodes.Error);
        Assert.Equal(2, dead.NodesByName.Count);
    }

    [Fact]
    public async Task Another_release_is_negotiated_with_again()
    {
        var port = Port();
        await ReadAsync(port);
        slurm.Answer("diag", 200, """{"statistics":{},"errors":[],"meta":{"slurm":{"release":"26.11.0"}}}""");
        slurm.Answer("ping", 200,
            """{"pings":[{"hostname":"ctl","responding":true}],"errors":[],"meta":{"slurm":{"release":"26.11.0"}}}""");
        await ReadAsync(port);
        await ReadAsync(port);
        Assert.Equal(2, slurm.Asked.Count(a => a == "GET openapi/v3"));
        Assert.Equal("26.11.0", port.View.Version);
    }

    [Fact]
    public async Task An_older_Slurm_is_read_and_refuses_partitions_in_words()
    {
        await slurm.DisposeAsync();
        slurm = await FakeSlurmrestd.StartAsync("v0.0.44");
        var port = Port();
        var view = await ReadAsync(port);
        Assert.True(view is { DataParser: "v0.0.44", Capabilities: SlurmCapabilities.None, Partitions.Current: true });
        var step = new PutPartition(About, "", new SlurmPartition { Name = new PartitionName("p") });
        var refused = Assert.IsType<StepResult.RejectedResult>(await port.PutPartitionAsync(step, Cancel));
        Assert.Contains("Slurm 26.05 is the first that can", refused.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_Slurm_that_serves_nothing_that_Bridge_reads_is_told_so()
    {
        slurm.Answer("openapi/v3", 200,
            """{"paths":{"/slurm/v0.0.39/ping/":{"get":{}},"/slurm/v0.0.40/ping/":{"get":{"x":[1]}}}}""");
        var view = await ReadAsync(Port());
        Assert.Contains("serves data_parser v0.0.40, v0.0.39; Bridge needs one of v0.0.42", view.Nodes.Error,
            StringComparison.Ordinal);
        Assert.False(view.Nodes.Synced);
    }

    [Theory]
    [InlineData(200, "<html>Please log in</html>")]
    [InlineData(200, """{"paths":{"/slurm/v0.0.45/ping/":{"get""")]
    [InlineData(403, "Forbidden")]
    [InlineData(429, "Too many requests")]
    public async Task A_bad_OpenAPI_answer_is_asked_for_again_and_not_kept_as_can_do_nothing(int status, string body)
    {
        slurm.Answer("openapi/v3", status, body);
        var port = Port();
        Assert.NotEqual("", (await ReadAsync(port)).Nodes.Error);
        slurm.Answer("openapi/v3", null);
        Assert.True((await ReadAsync(port)).Capabilities.HasFlag(SlurmCapabilities.WritePartitions));
    }

    [Fact]
    public async Task A_slurmrestd_without_an_OpenAPI_document_is_read()
    {
        slurm.Answer("openapi/v3", 404, "Unable to find requested URL endpoint.");
        Assert.True(await ReadAsync(Port()) is
            { Nodes.Current: true, DataParser: "v0.0.45", Capabilities: SlurmCapabilities.None });
    }

    [Fact]
    public async Task An_unreadable_key_is_one_clear_line()
    {
        using var port = new SlurmPort(
            new SlurmOptions { RestUrl = slurm.Url }, _ =>
                throw new FileNotFoundException("Could not find file '/etc/slurm/jwt.key'."), null, () => true,
                time, NullLogger<SlurmPort>.Instance);
        var view = await ReadAsync(port);
        Assert.Contains("no token for", view.Nodes.Error, StringComparison.Ordinal);
        Assert.Contains("/etc/slurm/jwt.key", view.Nodes.Error, StringComparison.Ordinal);
        Assert.Empty(slurm.Asked);
    }

    [Fact]
    public async Task Writes_carry_only_what_was_asked_for()
    {
        var port = Port();
        Assert.Equal(StepResult.Done,
            await port.DrainAsync(new DrainNodes(About, "", [Free], "bridge: cordon x"), Cancel));
        var view = await ReadAsync(port);
        var tags = new[] { Free, Foreign }.Select(n => new NodeTag(n, view.NodesByName[n].Extra, null, 11, null));
        Assert.Equal(StepResult.Done, await port.TagAsync(new TagNodes(About, "", [.. tags]), Cancel));
        var gang = view.PartitionsByName[new PartitionName("gang")];
        Assert.Equal(StepResult.Done,
            await port.PutPartitionAsync(
                new PutPartition(About, "", gang with { MaxTimeMinutes = null }) { Seen = gang }, Cancel));
        Assert.Equal(
            [
                """{"name":["n0"],"state":["DRAIN"],"reason":"bridge: cordon x"}""",
                """{"name":["n[0-1]"],"weight":{"set":true,"infinite":false,"number":11}}""",
                """{"partitions":[{"name":"gang","maximums":{"time":{"set":false,"infinite":true,"number":0}}}]}""",
            ],
            slurm.Written);
    }

    [Fact]
    public async Task A_node_drained_by_somebody_else_is_neither_drained_nor_resumed()
    {
        var port = Port();
        var drain = await port.DrainAsync(new DrainNodes(About, "", [Foreign], "bridge: cordon"), Cancel);
        Assert.Equal("n1 is drained already: disk of alice", Assert.IsType<StepResult.ConflictResult>(drain).Reason);
        var resume = await port.ResumeAsync(new ResumeNodes(About, "", [Foreign], "bridge: cordon"), Cancel);
        Assert.IsType<StepResult.ConflictResult>(resume);
        var bare = await port.DrainAsync(new DrainNodes(About, "", [Free], "maintenance"), Cancel);
        Assert.IsType<StepResult.RejectedResult>(bare);
        Assert.Empty(slurm.Written);
    }

    [Fact]
    public async Task A_node_that_one_answer_denies_is_gone_only_when_the_whole_list_agrees()
    {
        var port = Port();
        slurm.Answer("node/n0", 200, Recording.Text("v0.0.45", "node-absent.json"));
        Assert.Equal(StepResult.Done, await port.DrainAsync(new DrainNodes(About, "", [Free], "bridge: x"), Cancel));
        var gone = await port.DrainAsync(new DrainNodes(About, "", [new NodeName("n7")], "bridge: x"), Cancel);
        Assert.Equal(StepResult.Gone, gone);
        slurm.Answer("nodes", 502, "");
        var unknown = await port.DrainAsync(new DrainNodes(About, "", [new NodeName("n7")], "bridge: x"), Cancel);
        Assert.IsType<StepResult.UnavailableResult>(unknown);
    }

    private SlurmPort Port()
    {
        var port = new SlurmPort(
            new SlurmOptions { RestUrl = slurm.Url }, _ =>
                ValueTask.FromResult<ReadOnlyMemory<byte>>(key), null, () => true, time,
                NullLogger<SlurmPort>.Instance);
        ports.Add(port);
        return port;
    }

    private static Task<SlurmView> ReadAsync(SlurmPort port) => port.ReadAsync(Cancel);

    private static async Task TextAsync(HttpContext context, int status, string body)
    {
        context.Response.StatusCode = status;
        await context.Response.WriteAsync(body);
    }
}
