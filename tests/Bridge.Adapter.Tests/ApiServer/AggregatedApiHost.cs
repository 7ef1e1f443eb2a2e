using System.Net;
using Bridge.ApiServer;
using Bridge.ApiServer.Jobs;
using Bridge.ApiServer.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Bridge.Adapter.Tests.ApiServer;

/// <summary>The job API alone on a web server, which can be started again after it was stopped.</summary>
internal sealed class AggregatedApiHost(
    IPEndPoint listen, JobApiOptions options, JobStore jobs, ILoggerFactory logs, TimeProvider time) : IAsyncDisposable
{
    private WebApplication? running;
    private JobApiServer? server;

    public RequestHeaderTrust? Trust
    {
        get;
        set
        {
            field = value;
            if (server is not null)
                server.Trust = value;
        }
    }

    /// <summary>May do all: the aggregator has let them through.</summary>
    public static ValueTask<AccessDecision> AlwaysAllow(AccessRequest request, CancellationToken cancel) =>
        ValueTask.FromResult(new AccessDecision(AccessVerdict.Allowed));

    /// <returns>The address, such as https://127.0.0.1:43210.</returns>
    public async Task<string> StartAsync(CancellationToken cancel)
    {
        server = new JobApiServer(options, jobs.Objects, logs.CreateLogger<JobApiServer>(), time) { Trust = Trust };
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(logs);
        builder.Services.AddRoutingCore();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel => server.Listen(kestrel, listen));
        var app = builder.Build();
        app.UseRouting();
        server.Map(app, app.Lifetime.ApplicationStopping);
        try
        {
            await app.StartAsync(cancel);
            running = app;
        }
        finally
        {
            if (running is null)
                await app.DisposeAsync();
        }
        return app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
    }

    public async Task StopAsync(CancellationToken cancel)
    {
        if (running is not { } app)
            return;
        running = null;
        await app.StopAsync(cancel);
        await app.DisposeAsync();
    }

    public async ValueTask DisposeAsync() => await StopAsync(CancellationToken.None);
}
