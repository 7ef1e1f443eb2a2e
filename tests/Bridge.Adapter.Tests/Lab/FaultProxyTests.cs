using System.Net;
using Bridge.Lab.Faults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Bridge.Adapter.Tests.Lab;

public sealed class FaultProxyTests : IAsyncLifetime
{
    private readonly string socket = Path.Combine(Path.GetTempPath(), $"bridge-proxy-{Path.GetRandomFileName()}.sock");
    private readonly HttpClient client = new();
    private WebApplication upstream = null!;
    private FaultProxy proxy = null!;
    private int served;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.ListenUnixSocket(socket, l => l.Protocols = HttpProtocols.Http1));
        upstream = builder.Build();
        upstream.Run(AnswerAsync);
        await upstream.StartAsync(Cancel);
        proxy = await FaultProxy.StartAsync(
            FaultUpstream.Unix(socket), null, new Random(7), TimeProvider.System, Cancel);
        client.BaseAddress = proxy.Address;
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await proxy.DisposeAsync();
        await upstream.DisposeAsync();
    }

    [Fact]
    public async Task Without_rules_method_path_body_and_headers_pass_both_ways_and_are_counted()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/a/b?c=d") { Content = new StringContent("body") };
        request.Headers.Add("X-SLURM-USER-TOKEN", "t");

        using var answer = await client.SendAsync(request, Cancel);

        Assert.Equal("POST /a/b?c=d body t", await answer.Content.ReadAsStringAsync(Cancel));
        Assert.Equal("yes", Assert.Single(answer.Headers.GetValues("X-Upstream")));
        Assert.Equal(1, proxy.Script.Seen["POST /a/b"]);
    }

    [Fact]
    public async Task An_answer_of_its_own_hits_as_often_as_asked_after_those_it_lets_pass()
    {
        var rule = new FaultRule { Fault = Fault.TooMany(3), Method = "GET", Path = "^/x", Skip = 1, Count = 1 };
        proxy.Script.Add(rule);

        HttpStatusCode[] codes =
            [await StatusAsync("/x"), await StatusAsync("/y"), await StatusAsync("/x"), await StatusAsync("/x")];

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.TooManyRequests, HttpStatusCode.OK], codes);
        Assert.Equal(1, proxy.Script.Hits(rule));
        Assert.Equal(3, served);
    }

    [Fact]
    public async Task A_reset_never_reaches_the_upstream_and_a_lost_answer_has()
    {
        proxy.Script.Add(new FaultRule { Fault = new Fault.Reset(), Path = "^/reset" });
        proxy.Script.Add(new FaultRule { Fault = new Fault.LoseAnswer(), Path = "^/lost" });

        await Assert.ThrowsAsync<HttpRequestException>(
            () => client.GetAsync(new Uri("/reset", UriKind.Relative), Cancel));
        Assert.Equal(0, served);
        await Assert.ThrowsAsync<HttpRequestException>(
            () => client.GetAsync(new Uri("/lost", UriKind.Relative), Cancel));
        Assert.Equal(1, served);
    }

    [Fact]
    public async Task A_truncated_body_is_noticed_by_the_client()
    {
        proxy.Script.Add(new FaultRule { Fault = new Fault.Truncate(3) });

        await Assert.ThrowsAnyAsync<Exception>(() => client.GetStringAsync(new Uri("/t", UriKind.Relative), Cancel));
    }

    [Fact]
    public async Task A_watch_streams_through_and_can_be_cut()
    {
        using var answer = await client.GetAsync(
            new Uri("/stream?watch=1", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, Cancel);
        await using var stream = await answer.Content.ReadAsStreamAsync(Cancel);
        var first = new byte[6];
        await stream.ReadExactlyAsync(first, Cancel);

        Assert.Equal(1, proxy.Cut("watch=1"));

        await Assert.ThrowsAnyAsync<IOException>(async () => await stream.ReadExactlyAsync(new byte[1], Cancel));
        Assert.Equal(1, proxy.Script.Seen["WATCH /stream"]);
    }

    [Fact]
    public async Task A_hanging_answer_lasts_until_the_client_gives_up()
    {
        proxy.Script.Add(new FaultRule { Fault = new Fault.Hang() });
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var asked = client.GetAsync(new Uri("/h", UriKind.Relative), patience.Token);
        await KubeFake.Eventually.TrueAsync(() => proxy.Live == 1, "the proxy holds the request");

        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        await KubeFake.Eventually.TrueAsync(() => proxy.Live == 0, "the proxy lets go of it");
    }

    [Fact]
    public async Task The_same_seed_strikes_the_same_requests()
    {
        async Task<string> PlayAsync()
        {
            await using var other = await FaultProxy.StartAsync(
                FaultUpstream.Unix(socket), null, new Random(42), TimeProvider.System, Cancel);
            other.Script.Add(new FaultRule { Fault = Fault.Conflict, Probability = 0.5 });
            using var to = new HttpClient { BaseAddress = other.Address };
            var codes = "";
            for (var i = 0; i < 20; i++)
                codes += (int)(await to.GetAsync(new Uri("/", UriKind.Relative), Cancel)).StatusCode == 409 ? "x" : ".";
            return codes;
        }

        var played = await PlayAsync();

        Assert.Contains('x', played);
        Assert.Contains('.', played);
        Assert.Equal(played, await PlayAsync());
    }

    private async Task<HttpStatusCode> StatusAsync(string path)
    {
        using var answer = await client.GetAsync(new Uri(path, UriKind.Relative), Cancel);
        return answer.StatusCode;
    }

    private async Task AnswerAsync(HttpContext context)
    {
        Interlocked.Increment(ref served);
        context.Response.Headers["X-Upstream"] = "yes";
        if (context.Request.Path == "/stream")
        {
            await context.Response.WriteAsync("first\n", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await new TaskCompletionSource().Task.WaitAsync(context.RequestAborted);
        }
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync(context.RequestAborted);
        var request = context.Request;
        await context.Response.WriteAsync(
            $"{request.Method} {request.Path}{request.QueryString} {body} {request.Headers["X-SLURM-USER-TOKEN"]}",
            context.RequestAborted);
    }
}
