using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Bridge.Kube.Client;

/// <summary>Builds the HTTP handler of one API server: HTTP/2 over TLS with the cluster's own authorities.</summary>
internal static class KubeTransport
{
    public static SocketsHttpHandler Create(KubeEndpoint endpoint, KubeLimits limits)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = limits.Connect,
            EnableMultipleHttp2Connections = true,
            KeepAlivePingDelay = limits.PingDelay,
            KeepAlivePingTimeout = limits.PingTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,

            // A new connection now and then follows rotated certificates and a changed load balancer; running watches
            // are not cut.
            PooledConnectionLifetime = TimeSpan.FromMinutes(15),

            // Compression pays on a network and only costs on loopback. The server compresses lists, never watches.
            AutomaticDecompression = endpoint.Server.IsLoopback ? DecompressionMethods.None : DecompressionMethods.GZip,
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
        };
        if (endpoint.Authorities is { } authorities)
            handler.SslOptions.CertificateChainPolicy = TrustOnly(authorities);
        if (endpoint.Certificate is { } certificate)
            handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate.Current();
        return handler;
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
