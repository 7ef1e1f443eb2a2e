using System.Net;
using System.Security.Cryptography.X509Certificates;
using Bridge.Kube.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Bridge.Lab.Nodes;

/// <summary>
/// The part of a kubelet's server that kubectl logs needs: GET /containerLogs/NAMESPACE/POD/CONTAINER, on loopback.
/// </summary>
internal sealed class ContainerLogServer : IAsyncDisposable
{
    private readonly WebApplication app;

    private ContainerLogServer(WebApplication app) => this.app = app;

    public int Port => new Uri(app.Services.GetRequiredService<Microsoft.AspNetCore.Hosting.Server.IServer>()
        .Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;

    /// <summary>Null when no certificate is given.</summary>
    public static async Task<ContainerLogServer?> StartAsync(
        NodeRuntimeOptions options, ILogger log, CancellationToken cancel)
    {
        if (options.KubeletCertificate.Length == 0)
            return null;
        var certificate = X509Certificate2.CreateFromPemFile(options.KubeletCertificate, options.KubeletKey);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            listen.UseHttps(certificate);
        }));
        var app = builder.Build();
        app.Run(context => AnswerAsync(context, options.LabDirectory));
        await app.StartAsync(cancel);
        var server = new ContainerLogServer(app);
        log.LogsServed(server.Port);
        return server;
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    private static async Task AnswerAsync(HttpContext context, string labDirectory)
    {
        var parts = (context.Request.Path.Value ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts is not ["containerLogs", var ns, var pod, _] || ns.Contains("..", StringComparison.Ordinal))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        var query = context.Request.Query;
        var log = new PodFiles(labDirectory, new ObjectKey(ns, pod)).Log;
        var path = query["previous"] == "true" ? log + ".previous" : log;
        if (!File.Exists(path))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            await context.Response.WriteAsync($"no log of pod {ns}/{pod}\n", context.RequestAborted);
            return;
        }
        context.Response.ContentType = "text/plain";
        var lines = int.TryParse(query["tailLines"], out var tail) ? tail : int.MaxValue;
        await FollowAsync(context, path, lines, query["follow"] == "true");
    }

    private static async Task FollowAsync(HttpContext context, string path, int tail, bool follow)
    {
        await using var file = new FileStream(
            path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (tail != int.MaxValue)
        {
            var last = File.ReadLines(path).TakeLast(tail).ToArray();
            file.Seek(0, SeekOrigin.End);
            await context.Response.WriteAsync(string.Concat(last.Select(l => l + "\n")), context.RequestAborted);
        }
        var time = context.RequestServices.GetService<TimeProvider>() ?? TimeProvider.System;
        do
        {
            await file.CopyToAsync(context.Response.Body, context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            if (follow)
                await Task.Delay(TimeSpan.FromMilliseconds(200), time, context.RequestAborted);
        }
        while (follow);
    }
}
