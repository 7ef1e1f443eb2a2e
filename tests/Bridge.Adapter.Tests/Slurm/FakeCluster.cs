using System.Text.Json.Nodes;
using Bridge.Control.Ports;
using Bridge.Core.View;
using Bridge.Slurm;
using Bridge.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bridge.Adapter.Tests.Slurm;

/// <summary>A slurmrestd in process, a clock by hand, and ports on both.</summary>
internal sealed class FakeCluster : IAsyncDisposable
{
    private readonly List<SlurmPort> ports = [];

    private FakeCluster(FakeSlurmrestd rest) => Rest = rest;

    public FakeSlurmrestd Rest { get; }

    public ManualTime Time { get; } = new();

    /// <summary>Whether Bridge leads.</summary>
    public bool Leads { get; set; } = true;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<FakeCluster> StartAsync() => new(await FakeSlurmrestd.StartAsync());

    public SlurmPort Port(SlurmTextClient? text = null, double budget = 1)
    {
        var port = new SlurmPort(
            new SlurmOptions { RestUrl = Rest.Url, ReadBudget = budget },
            _ => ValueTask.FromResult<ReadOnlyMemory<byte>>(new byte[] { 1, 2, 3 }),
            text, () => Leads, Time, NullLogger<SlurmPort>.Instance);
        ports.Add(port);
        return port;
    }

    /// <summary>A read after some time.</summary>
    public Task<SlurmView> ReadAsync(SlurmPort port, TimeSpan later = default)
    {
        Time.Advance(later);
        return port.ReadAsync(Cancel);
    }

    /// <summary>jobs/state tells these rows from now on.</summary>
    public void Tell(params (string Id, string State)[] rows) => Rest.Answer("jobs/state", 200, new JsonObject
    {
        ["jobs"] = new JsonArray([.. rows.Select(r =>
            new JsonObject { ["job_id"] = r.Id, ["state"] = new JsonArray(r.State) })]),
        ["errors"] = new JsonArray(),
    }.ToJsonString());

    /// <summary>
    /// GET job/{id} answers records like the recorded running one from now on, each changed by its own function.
    /// </summary>
    public void Job(uint id, params Action<JsonObject>[] records) => Rest.Answer($"job/{id}", 200, new JsonObject
    {
        ["jobs"] = new JsonArray([.. records.Select(change => Record(id, change))]),
        ["errors"] = new JsonArray(),
    }.ToJsonString());

    /// <summary>GET node/{name} answers the recorded node n0 from now on, under this name, and changed.</summary>
    public void Node(string name, Action<JsonObject> change)
    {
        var recorded = JsonNode.Parse(Recording.Bytes("v0.0.45", "nodes.json"))!;
        var node = recorded["nodes"]!.AsArray().Single(n => (string?)n!["name"] == "n0")!.DeepClone().AsObject();
        node["name"] = name;
        change(node);
        Rest.Answer($"node/{name}", 200, new JsonObject
        {
            ["nodes"] = new JsonArray(node),
            ["errors"] = new JsonArray(),
        }.ToJsonString());
    }

    /// <summary>How often a job was asked for.</summary>
    public int Asked(uint id) => Rest.Asked.Count(a => a == $"GET slurm/v0.0.45/job/{id}");

    public async ValueTask DisposeAsync()
    {
        ports.ForEach(p => p.Dispose());
        await Rest.DisposeAsync();
    }

    private static JsonObject Record(uint id, Action<JsonObject> change)
    {
        var recorded = JsonNode.Parse(Recording.Bytes("v0.0.45", "job-running.json"))!;
        var record = recorded["jobs"]![0]!.DeepClone().AsObject();
        record["job_id"] = id;
        change(record);
        return record;
    }
}
