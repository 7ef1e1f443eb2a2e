using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Bridge.Slurm.Rest;

/// <summary>
/// Connections to one slurmrestd: TCP, TLS over it, or a unix socket. For TLS the authority is asked for anew by each
/// connection, so that a rotated one is seen; a connection lives for ten minutes at most.
/// </summary>
internal static class SlurmConnection
{
    public static SocketsHttpHandler Handler(SlurmAddress address, TrustSource? trust) => new()
    {
        MaxConnectionsPerServer = 4,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
        PooledConnectionLifetime = TimeSpan.FromMinutes(10), // a name that moved is looked up again
        MaxResponseDrainSize = 0,
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
        ConnectCallback = (context, cancel) => ConnectAsync(address, trust, context.DnsEndPoint, cancel),
    };

    private static async ValueTask<Stream> ConnectAsync(
        SlurmAddress address, TrustSource? trust, DnsEndPoint endpoint, CancellationToken cancel)
    {
        var socket = address.Socket is null
            ? new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(
                address.Socket is { } path ? new UnixDomainSocketEndPoint(path) : endpoint, cancel);
            var stream = new NetworkStream(socket, ownsSocket: true);
            return address.Base.Scheme == Uri.UriSchemeHttps
                ? await SecureAsync(stream, endpoint.Host, trust, cancel)
                : stream;
        }
        catch (Exception e) when (e is SocketException or IOException or OperationCanceledException)
        {
            socket.Dispose();
            throw;
        }
    }

    // The handler takes a TLS stream for what it is and adds no second one. Both the chain and the host name are
    // checked by the framework: there is no callback here that could forget one of them.
    private static async ValueTask<Stream> SecureAsync(
        NetworkStream inner, string host, TrustSource? trust, CancellationToken cancel)
    {
        var options = new SslClientAuthenticationOptions { TargetHost = host.Trim('[', ']') };
        if (trust is not null)
        {
            options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(await trust(cancel));
        }
        var stream = new SslStream(inner);
        try
        {
            await stream.AuthenticateAsClientAsync(options, cancel);
            return stream;
        }
        catch (AuthenticationException refused)
        {
            var authority = trust is null ? "of the system's authorities (spec.caRef names another)"
                : "of the authority in spec.caRef";
            throw new IOException(
                $"its certificate must be {authority} and name {host}: {refused.Message}", refused);
        }
    }
}
