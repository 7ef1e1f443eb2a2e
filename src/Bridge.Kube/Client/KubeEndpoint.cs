using System.Security.Cryptography.X509Certificates;

namespace Bridge.Kube.Client;

/// <summary>One API server and who Bridge is to it.</summary>
public sealed record KubeEndpoint
{
    public required Uri Server { get; init; }

    /// <summary>The cluster's own authorities; null trusts the system's.</summary>
    public X509Certificate2Collection? Authorities { get; init; }

    public ClientCertificate? Certificate { get; init; }
    public BearerToken? Token { get; init; }

    /// <summary>
    /// Name that the server's certificate must carry when it is not the host of <see cref="Server"/>; else empty.
    /// </summary>
    public string TlsServerName { get; init; } = "";

    /// <summary>Namespace of the context, or of the pod that Bridge runs in.</summary>
    public string Namespace { get; init; } = "default";

    /// <summary>Names the server only: credentials never reach a log.</summary>
    public override string ToString() => Server.ToString();
}

/// <summary>
/// How long anything may take. Every request is bounded; watches are bounded by pings and by silence.
/// </summary>
public sealed record KubeLimits
{
    /// <summary>From sending a request to the last byte of its answer; for a watch, to its first.</summary>
    public TimeSpan Request { get; init; } = TimeSpan.FromSeconds(30);

    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// HTTP/2 pings on a connection that carries a request: a dead one is noticed after delay + time-out.
    /// </summary>
    public TimeSpan PingDelay { get; init; } = TimeSpan.FromSeconds(20);

    public TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// A watch that brings nothing, not even a bookmark, for so long is opened anew (servers send one a minute).
    /// </summary>
    public TimeSpan WatchSilence { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>
    /// The server is asked to end a watch after this and up to twice this, so that watches do not end all at once.
    /// </summary>
    public TimeSpan WatchLife { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Objects per page of a list.</summary>
    public int PageSize { get; init; } = 500;
}
