using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Slurm.Rest;
using Bridge.Slurm.Translation;
using Bridge.Slurm.Wire;
using Microsoft.AspNetCore.Http;

namespace Bridge.Adapter.Tests.Slurm;

/// <summary>
/// Answers of which a part is odd: it costs what it touches and is named, and what could not be read is not gone.
/// </summary>
public sealed class OddAnswerTests : IAsyncLifetime
{
    private static readonly TimeSpan Later = TimeSpan.FromMinutes(11); // the nodes are read whole again

    private FakeCluster cluster = null!;

    public async ValueTask InitializeAsync() => cluster = await FakeCluster.StartAsync();

    public ValueTask DisposeAsync() => cluster.DisposeAsync();

    [Fact]
    public async Task A_byte_that_is_no_UTF8_costs_a_character()
    {
        var bytes = Recording.Bytes("v0.0.45", "nodes.json");
        bytes[Encoding.Latin1.GetString(bytes).IndexOf("disk of alice", StringComparison.Ordinal) + 1] = 0xe9;
        cluster.Rest.Answer("nodes", context => context.Response.Body.WriteAsync(bytes).AsTask());
        var view = await cluster.ReadAsync(cluster.Port());
        Assert.True(view.Nodes is { Current: true, Unread: "" });
        Assert.Equal("d\ufffdsk of alice", view.NodesByName[new NodeName("n1")].Reason);
    }

    [Theory]
    [InlineData("""{"a":[1]}""")]
    [InlineData("1e99")]
    [InlineData("\"many\"")]
    public async Task A_node_with_an_odd_field_stays_as_it_was_and_is_named(string odd)
    {
        var port = cluster.Port();
        var before = await cluster.ReadAsync(port);
        var answer = JsonNode.Parse(Recording.Bytes("v0.0.45", "nodes.json"))!;
        foreach (var node in answer["nodes"]!.AsArray())
            if ((string?)node!["name"] == "n1")
                node["cpus"] = JsonNode.Parse(odd);
            else
                node["weight"] = 99;
        cluster.Rest.Answer("nodes", 200, answer.ToJsonString());
        var view = await cluster.ReadAsync(port, Later);
        Assert.True(view.Nodes is { Current: true, Unread: "n1" });
        Assert.Same(before.NodesByName[new NodeName("n1")], view.NodesByName[new NodeName("n1")]);
        Assert.Equal(99, view.NodesByName[new NodeName("n0")].Weight);
        cluster.Rest.Answer("nodes", (RequestDelegate?)null);
        Assert.Equal("", (await cluster.ReadAsync(port, Later)).Nodes.Unread);
    }

    [Fact]
    public async Task A_job_that_cannot_be_read_is_not_taken_for_gone()
    {
        var port = cluster.Port();
        await cluster.ReadAsync(port);
        var id = new JobId(18);
        var states = JsonNode.Parse(Recording.Bytes("v0.0.45", "job-states.json"))!;
        states["jobs"]!.AsArray().Single(j => (string?)j!["job_id"] == "18")!["job_id"] = new JsonObject();
        cluster.Rest.Answer("jobs/state", 200, states.ToJsonString());
        cluster.Rest.Answer("slurmdb/jobs", 200, """{"jobs":[],"errors":[]}""");
        for (var i = 0; i < 100; i++)
            await cluster.ReadAsync(port, TimeSpan.FromMinutes(2));
        Assert.Equal("RUNNING", port.View.JobsById[id].State);
    }

    [Fact]
    public void Any_byte_of_an_answer_may_change_without_costing_more_than_its_node()
    {
        var recorded = Recording.Bytes("v0.0.45", "nodes.json");
        var names = Nodes(recorded)!.Select(n => n.Name).ToHashSet();
        var random = new Random(20261127);
        for (var i = 0; i < 3000; i++)
        {
            byte[] damaged = [.. recorded];
            damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            // Null is an answer that is not whole JSON any more: nothing is taken from it.
            if (Nodes(damaged) is { } read)
                Assert.InRange(read.Count(n => names.Contains(n.Name)), names.Count - 1, names.Count);
        }
    }

    [Fact]
    public async Task An_answer_500_to_a_question_with_update_time_is_asked_again_without()
    {
        // Seen of 24.11.5, 25.11.7 and 26.05.0.
        const string Body = """
            {"nodes":[],"errors":[{"description":"Unable to query partitions","error_number":-1,
            "error":"Unspecified error","source":"_dump_nodes"}],"warnings":[]}
            """;
        var port = cluster.Port();
        await cluster.ReadAsync(port);
        var nodes = Recording.Text("v0.0.45", "nodes.json");
        cluster.Rest.Answer("nodes", context =>
        {
            context.Response.StatusCode = context.Request.Query.ContainsKey("update_time") ? 500 : 200;
            return context.Response.WriteAsync(context.Response.StatusCode == 500 ? Body : nodes);
        });
        var view = await cluster.ReadAsync(port, TimeSpan.FromSeconds(2));
        Assert.True(view is { Nodes.Current: true, Jobs.Current: true, NodesByName.Count: 2 });
    }

    [Fact]
    public async Task Without_accounting_a_lost_job_is_given_up_and_nothing_is_negotiated_again()
    {
        var port = cluster.Port();
        await cluster.ReadAsync(port);
        cluster.Tell();
        cluster.Rest.Answer("job/18", 404, Recording.Text("v0.0.45", "job-absent.json"));
        cluster.Rest.Answer("slurmdb/jobs", 404, "Unable to find requested URL endpoint.");
        for (var i = 0; i < 20; i++)
            await cluster.ReadAsync(port, TimeSpan.FromMinutes(2));
        Assert.DoesNotContain(new JobId(18), port.View.JobsById);
        Assert.Single(cluster.Rest.Asked, "GET openapi/v3");
    }

    [Fact]
    public async Task A_job_of_which_a_late_slurmdbd_knows_nothing_yet_is_not_given_up_for_an_hour()
    {
        var port = cluster.Port();
        await cluster.ReadAsync(port);
        cluster.Tell();
        cluster.Rest.Answer("job/18", 404, Recording.Text("v0.0.45", "job-absent.json"));
        cluster.Rest.Answer("slurmdb/jobs", 200, """{"jobs":[],"errors":[]}""");
        for (var i = 0; i < 25; i++)
            await cluster.ReadAsync(port, TimeSpan.FromMinutes(2));
        Assert.Contains(new JobId(18), port.View.JobsById);
        for (var i = 0; i < 25; i++)
            await cluster.ReadAsync(port, TimeSpan.FromMinutes(2));
        Assert.DoesNotContain(new JobId(18), port.View.JobsById);
    }

    [Fact]
    public void GPUs_that_are_no_TRES_and_a_user_without_a_name_are_told_over_REST()
    {
        const string Body = """
            {"jobs":[{"job_id":4711,"user_id":10001,"user_name":"","job_state":["RUNNING"],"nodes":"h100-1",
            "tres_alloc_str":"cpu=8,mem=800M,node=1,billing=8","tres_per_node":"gres/gpu:h100:4",
            "gres_detail":["gpu:h100:4(IDX:0-3)"]}],"errors":[]}
            """;
        var answer = JsonSerializer.Deserialize(Body, WireJson.Default.JobsAnswer)!;
        var job = JobTranslation.ToModel(answer.Jobs!.Single());
        Assert.Equal((4, "10001"), (job.Gpus, job.User));
    }

    private static List<SlurmNode>? Nodes(byte[] body) =>
        Judge.Read(new RestAnswer.Answered(200, body, TimeSpan.Zero), WireJson.Default.NodesAnswer)
            is Reading<Bridge.Slurm.Wire.V0042.NodesAnswer>.Known { Value.Nodes: { } nodes }
            ? [.. nodes.Select(NodeTranslation.ToModel).OfType<SlurmNode>()] : null;
}
