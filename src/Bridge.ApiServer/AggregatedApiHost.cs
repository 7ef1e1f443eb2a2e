using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Security;
using Bridge.ApiServer.Jobs;
using Bridge.ApiServer.Security;
using Bridge.ApiServer.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Bridge.ApiServer;

/// <summary>Where and as whom the aggregated API listens.</summary>
public sealed record AggregatedApiOptions
{
    /// <summary>Port 0 picks a free one.</summary>
    public required IPEndPoint Listen { get; init; }

    /// <summary>
    /// PEM files: the serving certificate, with its intermediates after it, and the key. Read again when they change.
    /// </summary>
    public required string CertificatePath { get; init; }

    public required string KeyPath { get; init; }

    /// <summary>Whose certificates may name users.</summary>
    public required RequestHeaderTrust Trust { get; init; }

    public required Authorize Authorize { get; init; }

    /// <summary>How the authorizer is called in the log.</summary>
    public required string AuthorizerName { get; init; }
}

/// <summary>
/// Serves the job API over HTTPS while started. Only the leader starts it, so that clients never read from a daemon
/// whose picture is not kept up. It can be started again after it was stopped.
/// </summary>
public sealed class AggregatedApiHost(
    AggregatedApiOptions options, JobStore jobs, ILoggerFactory logs, TimeProvider time) : IAsyncDisposable
{
    // Watches are long: with Kestrel's 100 a few dashboards would fill a connection.
    private const int StreamsPerConnection = 1000;
    private static readonly TimeSpan LongestGoodbye = TimeSpan.FromSeconds(5);

    private readonly ILogger log = logs.CreateLogger<AggregatedApiHost>();
    private readonly FrontProxyAuthenticator authenticator = new(options.Trust, time);
    private WebApplication? running;
    private string address = "";

    /// <summary>May be replaced while it runs, when the API server's front-proxy authority changed.</summary>
    public RequestHeaderTrust Trust
    {
        get => authenticator.Trust;
        set => authenticator.Trust = value;
    }

    /// <summary>Starts listening.</summary>
    /// <returns>The address, such as https://127.0.0.1:43210.</returns>
    /// <exception cref="IOException">The port is taken, or the certificate cannot be read; the message names the
    /// file.</exception>
    public async Task<string> StartAsync(CancellationToken cancel)
    {
        if (running is not null)
            throw new InvalidOperationException("the aggregated API is already listening");
        var certificate = new ServingCertificate(options.CertificatePath, options.KeyPath, time, log);
        var app = Build(certificate);
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
        address = app.Services.GetRequiredService<IServer>().Features
            .Get<IServerAddressesFeature>()!.Addresses.First();
        Log.Listening(log, address, options.AuthorizerName);
        return address;
    }

    /// <summary>Ends the watches and stops listening; nothing happens when it was not started.</summary>
    public async Task StopAsync(CancellationToken cancel)
    {
        if (running is not { } app)
            return;
        running = null;
        await app.StopAsync(cancel);
        await app.DisposeAsync();
        Log.Stopped(log, address);
    }

    public async ValueTask DisposeAsync() => await StopAsync(CancellationToken.None);

    private WebApplication Build(ServingCertificate certificate)
    {
        // An empty builder: no environment variable, no settings file decides where this listens.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(logs);
        builder.Services.AddRoutingCore();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = LongestGoodbye);
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            ShareConnections(kestrel.Limits);
            kestrel.Listen(options.Listen, listen =>
            {
                listen.Protocols = HttpProtocols.Http1AndHttp2;
                listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => new(TlsOptions(certificate)) });
            });
        });
        var app = builder.Build();
        app.UseRouting();
        SlurmJobApi.Map(app, jobs, new ServingSettings
        {
            Authenticator = authenticator,
            Authorize = options.Authorize,
            Log = log,
            Time = time,
            Stopping = app.Lifetime.ApplicationStopping,
        });
        return app;
    }

    // The API server sends everybody's requests over a few HTTP/2 connections. Kestrel's rate limit counts by
    // connection and would end all of its watches because of a slow one: that one is ended by WatchStream instead.
    private static void ShareConnections(KestrelServerLimits limits)
    {
        limits.MinResponseDataRate = null;
        limits.Http2.MaxStreamsPerConnection = StreamsPerConnection;
        limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
    }

    [SuppressMessage("Security", "CA5359", Justification =
        "Any client certificate passes the handshake and is judged for each request by FrontProxyAuthenticator: "
        + "who shows a wrong one, or none, gets a 401 that says why instead of a broken connection.")]
    private static SslServerAuthenticationOptions TlsOptions(ServingCertificate certificate) => new()
    {
        ServerCertificateContext = certificate.Current,
        ClientCertificateRequired = true,
        RemoteCertificateValidationCallback = static (_, _, _, _) => true,
    };
}
