using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Bridge.Adapter.Tests.Slurm;

/// <summary>
/// slurmrestd in process: answers what a real one of a version was recorded to answer, unless a test gives a path
/// another answer. Knows one RUNNING, one FAILED job, a pending array and a het job. The nodes are of a pool of
/// Bridge's.
/// </summary>
internal sealed class FakeSlurmrestd : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly string version;
    private readonly ConcurrentDictionary<string, RequestDelegate> answers = new();

    private FakeSlurmrestd(WebApplication app, string version)
    {
        this.app = app;
        this.version = version;
    }

    /// <summary>METHOD PATH?QUERY of everything asked, in order.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>Bodies of writes.</summary>
    public ConcurrentQueue<string> Written { get; } = new();

    /// <summary>Tokens as they came.</summary>
    public ConcurrentQueue<string> Tokens { get; } = new();

    public string Url => app.Urls.Single();

    public static async Task<FakeSlurmrestd> StartAsync(
        string version = "v0.0.45", X509Certificate2? certificate = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l =>
        {
            l.Protocols = HttpProtocols.Http1;
            if (certificate is not null)
                l.UseHttps(certificate);
        }));
        var app = builder.Build();
        var fake = new FakeSlurmrestd(app, version);
        app.Run(fake.AnswerAsync);
        await app.StartAsync();
        return fake;
    }

    /// <summary>
    /// From now on this path (after slurm/VERSION/, or from slurmdb/ on) is answered so; null takes that back.
    /// </summary>
    public void Answer(string path, RequestDelegate? answer)
    {
        if (answer is null)
            answers.TryRemove(path, out _);
        else
            answers[path] = answer;
    }

    public void Answer(string path, int status, string body) =>
        Answer(path, context => WriteAsync(context, status, body));

    /// <summary>Every path at once, such as for a dead slurmctld.</summary>
    public RequestDelegate? Everything { get; set; }

    /// <summary>A path is answered as it was recorded, after something happened.</summary>
    public void Answer(string path, Action first) => Answer(path, context =>
    {
        first();
        return RecordedAsync(context, path);
    });

    /// <summary>The connection ends in the middle of the body.</summary>
    public static async Task CutAsync(HttpContext context)
    {
        context.Response.ContentLength = 5000;
        await context.Response.WriteAsync("{\"nodes\":[{\"name\":\"n0\",");
        await context.Response.Body.FlushAsync();
        context.Abort();
    }

    /// <summary>Headers and nothing more, until the client gives up.</summary>
    public static async Task HangAsync(HttpContext context)
    {
        var gone = new TaskCompletionSource();
        await using var registration = context.RequestAborted.Register(gone.SetResult);
        await gone.Task;
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!.TrimStart('/');
        Asked.Enqueue($"{context.Request.Method} {path}{context.Request.QueryString}");
        Tokens.Enqueue(context.Request.Headers["X-SLURM-USER-TOKEN"].ToString());
        if (context.Request.Method == "POST")
            Written.Enqueue(await new StreamReader(context.Request.Body).ReadToEndAsync());
        var key = path.StartsWith($"slurm/{version}/", StringComparison.Ordinal)
            ? path[$"slurm/{version}/".Length..].TrimEnd('/')
            : path.StartsWith($"slurmdb/{version}/", StringComparison.Ordinal)
                ? "slurmdb/" + path[$"slurmdb/{version}/".Length..].TrimEnd('/')
            : path;
        if (Everything is { } everything)
            await everything(context);
        else if (answers.TryGetValue(key, out var answer))
            await answer(context);
        else if (path.StartsWith("slurm/", StringComparison.Ordinal) && key == path)
            await WriteAsync(context, 404,
                "Unable to find requested URL endpoint. Please query the '/openapi/v3' endpoint");
        else
            await RecordedAsync(context, key);
    }

    private Task RecordedAsync(HttpContext context, string key) => key switch
    {
        "nodes" or "partitions" when context.Request.Method == "POST" =>
            WriteAsync(context, 200, """{"errors":[],"warnings":[]}"""),
        "openapi/v3" => WriteAsync(context, 200, OpenApi()),
        "nodes" or "partitions" when context.Request.Query.ContainsKey("update_time") => WriteAsync(context, 304, ""),
        "nodes" => WriteAsync(context, 200, Nodes().ToJsonString()),
        "ping" or "partitions" or "diag" => FileAsync(context, key + ".json"),
        "jobs/state" => FileAsync(context, "job-states.json"),
        "reservations" => WriteAsync(context, 200, """{"reservations":[],"errors":[],"warnings":[]}"""),
        "slurmdb/jobs" => FileAsync(context, "accounted.json"),
        "job/18" => FileAsync(context, "job-running.json"),
        "job/20" => FileAsync(context, "job-failed.json"),
        "job/19" => FileAsync(context, "job-array.json"),
        "job/21" or "job/22" => FileAsync(context, "job-het.json"),
        _ when key.StartsWith("job/", StringComparison.Ordinal) => FileAsync(context, "job-absent.json", 404),
        _ when key.StartsWith("node/", StringComparison.Ordinal) => OneNodeAsync(context, key[5..]),
        _ => WriteAsync(context, 404, "Unable to find requested URL endpoint."),
    };

    // The 26.05 document with its newest version renamed: what an older Slurm serves is what its own paths say.
    private string OpenApi() => version == "v0.0.45"
        ? Recording.Text("", "openapi-26.05.json")
        : Recording.Text("", "openapi-26.05.json").Replace("v0.0.45", "v0.0.39", StringComparison.Ordinal)
            .Replace("v0.0.42", version, StringComparison.Ordinal);

    private async Task OneNodeAsync(HttpContext context, string name)
    {
        var all = Nodes();
        var nodes = all["nodes"]!.AsArray();
        foreach (var other in nodes.Where(n => (string?)n!["name"] != name).ToList())
            nodes.Remove(other);
        if (nodes.Count == 0)
            await FileAsync(context, "node-absent.json");
        else
            await WriteAsync(context, 200, all.ToJsonString());
    }

    private JsonNode Nodes()
    {
        var all = JsonNode.Parse(Recording.Bytes(version, "nodes.json"))!;
        foreach (var node in all["nodes"]!.AsArray())
            foreach (var features in new[] { "features", "active_features" })
                node![features]!.AsArray().Add("k8s/pool-test");
        return all;
    }

    private Task FileAsync(HttpContext context, string name, int status = 200) =>
        WriteAsync(context, status, Recording.Text(version, name));

    private static async Task WriteAsync(HttpContext context, int status, string body)
    {
        context.Response.StatusCode = status;
        if (body.Length > 0)
            await context.Response.WriteAsync(body);
    }
}
