using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Bridge.Lab.Faults;

/// <summary>
/// A reverse proxy on loopback that does what networks, API servers and slurmrestd do on bad days, as <see
/// cref="Script"/> says. HTTP/1.1 without TLS; HTTP/1.1 and HTTP/2 with it.
/// </summary>
public sealed class FaultProxy : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly HttpMessageInvoker upstream;
    private readonly FaultUpstream to;
    private readonly TimeProvider time;
    // Each request under way: how to break it, and its path and query. The request breaks itself: from outside its
    // context may be gone, or be another's, in the moment it is looked at.
    private readonly ConcurrentDictionary<CancellationTokenSource, string> live = new();

    private int kept;

    private FaultProxy(WebApplication app, FaultUpstream to, Random random, TimeProvider time)
    {
        this.app = app;
        this.to = to;
        this.time = time;
        upstream = new HttpMessageInvoker(to.Handler());
        Script = new FaultScript(random);
    }

    /// <summary>What befalls requests, and the count of them.</summary>
    public FaultScript Script { get; }

    /// <summary>Where clients connect to.</summary>
    public Uri Address =>
        new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>How many requests are being answered now; watches stay for long.</summary>
    public int Live => live.Count;

    /// <summary>How many answers were kept (<see cref="Fault.KeepAnswer"/>) so far.</summary>
    public int Kept => Volatile.Read(ref kept);

    /// <param name="to">Whom requests are passed on to.</param>
    /// <param name="certificate">Serving certificate with its key; null to serve plain HTTP.</param>
    /// <param name="random">Seeded, for rules with a probability.</param>
    /// <param name="time">Times delays.</param>
    /// <param name="cancel">Cancels the start.</param>
    public static async Task<FaultProxy> StartAsync(
        FaultUpstream to, X509Certificate2? certificate, Random random, TimeProvider time, CancellationToken cancel)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = certificate is null ? HttpProtocols.Http1 : HttpProtocols.Http1AndHttp2;
                if (certificate is not null)
                    listen.UseHttps(certificate);
            });
        });
        var proxy = new FaultProxy(builder.Build(), to, random, time);
        proxy.app.Run(proxy.HandleAsync);
        await proxy.app.StartAsync(cancel);
        return proxy;
    }

    /// <summary>
    /// Breaks every connection that is answering a request whose path and query hold the text; "" breaks all.
    /// </summary>
    /// <returns>How many were broken.</returns>
    public int Cut(string pathAndQueryPart = "")
    {
        var cut = live.Where(l => l.Value.Contains(pathAndQueryPart, StringComparison.Ordinal)).ToArray();
        foreach (var (request, _) in cut)
            request.Cancel();
        return cut.Length;
    }

    public async ValueTask DisposeAsync()
    {
        Cut();
        await app.DisposeAsync();
        upstream.Dispose();
    }

    private async Task HandleAsync(HttpContext context)
    {
        var cut = new CancellationTokenSource();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cut.Token, context.RequestAborted);
        live[cut] = context.Request.GetEncodedPathAndQuery();
        try
        {
            var fault = Script.Meet(
                context.Request.Method, context.Request.Path, context.Request.QueryString.Value ?? "");
            await MeetAsync(context, fault, either.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or HttpRequestException or IOException)
        {
            context.Abort();
        }
        finally
        {
            live.TryRemove(cut, out _);
        }
    }

    private async Task MeetAsync(HttpContext context, Fault? fault, CancellationToken cancel)
    {
        switch (fault)
        {
            case Fault.Answer answer:
                await AnswerAsync(context, answer, cancel);
                return;
            case Fault.Hang:
                await Task.Delay(Timeout.InfiniteTimeSpan, time, cancel);
                return;
            case Fault.Reset:
                context.Abort();
                return;
            case Fault.Delay delay:
                await Task.Delay(delay.For, time, cancel);
                break;
        }
        using var request = ProxyMessage.Request(context.Request, to.Address);
        using var response = await upstream.SendAsync(request, cancel);
        if (fault is Fault.LoseAnswer)
        {
            await response.Content.ReadAsByteArrayAsync(cancel);
            context.Abort();
            return;
        }
        if (fault is Fault.KeepAnswer)
        {
            await response.Content.ReadAsByteArrayAsync(cancel);
            Interlocked.Increment(ref kept);
            await Task.Delay(Timeout.InfiniteTimeSpan, time, cancel);
        }
        ProxyMessage.CopyHead(response, context.Response);
        await CopyBodyAsync(response, context, fault, cancel);
    }

    private static async Task AnswerAsync(HttpContext context, Fault.Answer answer, CancellationToken cancel)
    {
        context.Response.StatusCode = answer.Code;
        context.Response.ContentType = answer.ContentType;
        if (answer.RetryAfterSeconds is { } seconds)
            context.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        await context.Response.WriteAsync(answer.Body, cancel);
    }

    private async Task CopyBodyAsync(
        HttpResponseMessage response, HttpContext context, Fault? fault, CancellationToken cancel)
    {
        using var cut = fault is Fault.CutAfter after
            ? new CancellationTokenSource(after.For, time)
            : new CancellationTokenSource();
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel, cut.Token);
        var left = fault is Fault.Truncate truncate ? truncate.Bytes : int.MaxValue;
        await using var body = await response.Content.ReadAsStreamAsync(both.Token);
        var buffer = new byte[16 * 1024];
        // The head goes at once: a watch's first event may be long in coming.
        await context.Response.StartAsync(both.Token);
        await context.Response.Body.FlushAsync(both.Token);
        while (left > 0
            && await body.ReadAsync(buffer.AsMemory(0, Math.Min(buffer.Length, left)), both.Token) is > 0 and var read)
        {
            await context.Response.Body.WriteAsync(buffer.AsMemory(0, read), both.Token);
            await context.Response.Body.FlushAsync(both.Token);
            left -= left == int.MaxValue ? 0 : read;
        }
        if (fault is Fault.Truncate)
            context.Abort();
    }
}
