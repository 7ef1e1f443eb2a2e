using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Security;
using Bridge.ApiServer.Jobs;
using Bridge.ApiServer.Security;
using Bridge.ApiServer.Serving;
using Bridge.ApiServer.Store;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace Bridge.ApiServer;

/// <summary>As whom the job API is served, and who may see what.</summary>
public sealed record JobApiOptions
{
    /// <summary>
    /// PEM files: the serving certificate, with its intermediates after it, and the key. Read again when they change.
    /// </summary>
    public required string CertificatePath { get; init; }

    public required string KeyPath { get; init; }

    public required Authorize Authorize { get; init; }
}

/// <summary>
/// The job API as a part of a web server that others make: how its address listens, and what is served there. It is
/// served from the start and by every replica, also while nothing is known yet: a group that does not answer discovery
/// holds up the deletion of every namespace of the cluster.
/// </summary>
public sealed class JobApiServer
{
    // Watches are long: with Kestrel's 100 a few dashboards would fill a connection.
    private const int StreamsPerConnection = 1000;

    private readonly JobApiOptions options;
    private readonly ObjectStore<ServedJob> jobs;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly ServingCertificate certificate;
    private readonly FrontProxyAuthenticator authenticator;

    /// <exception cref="IOException">The certificate cannot be read; the message names the file.</exception>
    public JobApiServer(JobApiOptions options, ObjectStore<ServedJob> jobs, ILogger log, TimeProvider time)
    {
        (this.options, this.jobs, this.log, this.time) = (options, jobs, log, time);
        certificate = new ServingCertificate(options.CertificatePath, options.KeyPath, time, log);
        authenticator = new FrontProxyAuthenticator(null, time);
    }

    /// <summary>
    /// Whose certificates may name users; null while that is not known, when nobody is taken for anybody. May be
    /// replaced at any time, when the API server's front-proxy authority changed.
    /// </summary>
    public RequestHeaderTrust? Trust
    {
        get => authenticator.Trust;
        set => authenticator.Trust = value;
    }

    /// <summary>Has a Kestrel listen, over HTTPS.</summary>
    /// <param name="kestrel">The server; limits that are its own are set as many watches need them.</param>
    /// <param name="address">Port 0 picks a free one.</param>
    /// <param name="each">Configures the address further, before TLS.</param>
    public void Listen(KestrelServerOptions kestrel, IPEndPoint address, Action<ListenOptions>? each = null)
    {
        // The API server sends everybody's requests over a few HTTP/2 connections. Kestrel's rate limit counts by
        // connection and would end all of its watches because of a slow one: that one is ended by WatchStream instead.
        kestrel.Limits.MinResponseDataRate = null;
        kestrel.Limits.Http2.MaxStreamsPerConnection = StreamsPerConnection;
        kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        kestrel.Listen(address, listen =>
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            each?.Invoke(listen);
            listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => new(TlsOptions()) });
        });
    }

    /// <summary>
    /// Maps discovery, OpenAPI, health and slurmjobs. Everything but health asks for the front proxy's certificate.
    /// </summary>
    /// <param name="routes">Of this address alone: what is not found is answered as a Kubernetes API does.</param>
    /// <param name="stopping">Ends the watches.</param>
    public void Map(IEndpointRouteBuilder routes, CancellationToken stopping) => ApiGroupRoutes.Map(
        routes, [ServedResource.Of(SlurmJobKind.Resource, jobs)], new ServingSettings
        {
            Authenticator = authenticator,
            Authorize = options.Authorize,
            Log = log,
            Time = time,
            Stopping = stopping,
        });

    [SuppressMessage("Security", "CA5359", Justification =
        "Any client certificate passes the handshake and is judged for each request by FrontProxyAuthenticator: "
        + "who shows a wrong one, or none, gets a 401 that says why instead of a broken connection.")]
    private SslServerAuthenticationOptions TlsOptions() => new()
    {
        ServerCertificateContext = certificate.Current,
        ClientCertificateRequired = true,
        RemoteCertificateValidationCallback = static (_, _, _, _) => true,
    };
}
