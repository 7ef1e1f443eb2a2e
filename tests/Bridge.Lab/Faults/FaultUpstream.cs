using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Bridge.Kube.Client;

namespace Bridge.Lab.Faults;

/// <summary>Whom a fault proxy passes requests on to, and with which identity.</summary>
public sealed record FaultUpstream
{
    /// <summary>Scheme, host and port; the path is the request's.</summary>
    public required Uri Address { get; init; }

    /// <summary>Unix socket to connect to instead of the address; empty for TCP.</summary>
    public string UnixSocket { get; init; } = "";

    /// <summary>Authorities of an https upstream; null trusts the system's.</summary>
    public X509Certificate2Collection? Authorities { get; init; }

    /// <summary>Certificate that the proxy shows to the upstream; null for none.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>slurmrestd on a unix socket.</summary>
    public static FaultUpstream Unix(string path) => new() { Address = new Uri("http://localhost"), UnixSocket = path };

    /// <summary>
    /// An API server. Whoever speaks to the proxy acts with the endpoint's certificate: a client's own does not travel
    /// through a proxy. Its bearer token does.
    /// </summary>
    public static FaultUpstream ApiServer(KubeEndpoint endpoint) =>
        new() { Address = endpoint.Server, Authorities = endpoint.Authorities,
            Certificate = endpoint.Certificate?.Current() };

    internal SocketsHttpHandler Handler()
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            EnableMultipleHttp2Connections = true,
        };
        if (UnixSocket.Length > 0)
            handler.ConnectCallback = async (_, cancel) => await ConnectAsync(UnixSocket, cancel);
        if (Authorities is { } authorities)
        {
            handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck,
            };
            handler.SslOptions.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }
        if (Certificate is { } certificate)
            handler.SslOptions.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, null);
        return handler;
    }

    private static async Task<Stream> ConnectAsync(string path, CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (Exception)
        {
            socket.Dispose();
            throw;
        }
    }
}
