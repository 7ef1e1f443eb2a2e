using System.Net;
using System.Security.Cryptography.X509Certificates;
using k8s;

namespace Bridge.Kube.Client;

/// <summary>
/// The library's client of one API server, on a connection of our making: HTTP/2 over TLS with the cluster's own
/// authorities. They are not given to the library: its check of a private authority compares no host names, so any
/// certificate of that authority, a kubelet's too, could play the API server.
/// </summary>
internal static class KubeTransport
{
    public static Kubernetes Create(KubeEndpoint endpoint, KubeLimits limits)
    {
        var configuration = new KubernetesClientConfiguration
        {
            Host = endpoint.Server.AbsoluteUri.TrimEnd('/'),
            TlsServerName = endpoint.TlsServerName.Length > 0 ? endpoint.TlsServerName : null,
            TokenProvider = endpoint.Token,
            UserAgent = "bridge/0.1",
            // KubeClient bounds every request by its own clock.
            HttpClientTimeout = Timeout.InfiniteTimeSpan,
            FirstMessageHandlerSetup = handler => SetUp(handler, endpoint, limits),
        };
        return endpoint.Token is { } token
            ? new Kubernetes(configuration, new TokenRenewal(token))
            : new Kubernetes(configuration);
    }

    private static void SetUp(SocketsHttpHandler handler, KubeEndpoint endpoint, KubeLimits limits)
    {
        handler.ConnectTimeout = limits.Connect;
        handler.EnableMultipleHttp2Connections = true;
        handler.KeepAlivePingDelay = limits.PingDelay;
        handler.KeepAlivePingTimeout = limits.PingTimeout;
        handler.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests;

        // A new connection now and then follows rotated certificates and a changed load balancer; running watches are
        // not cut.
        handler.PooledConnectionLifetime = TimeSpan.FromMinutes(15);

        // Compression pays on a network and only costs on loopback. The server compresses lists, never watches.
        handler.AutomaticDecompression =
            endpoint.Server.IsLoopback ? DecompressionMethods.None : DecompressionMethods.GZip;
        handler.AllowAutoRedirect = false;
        handler.UseCookies = false;
        handler.UseProxy = false;
        if (endpoint.Authorities is { } authorities)
            handler.SslOptions.CertificateChainPolicy = TrustOnly(authorities);
        if (endpoint.Certificate is { } certificate)
            handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate.Current();
    }

    private static X509ChainPolicy TrustOnly(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }
}
