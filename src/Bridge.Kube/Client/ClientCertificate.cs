using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Bridge.Kube.Client;

/// <summary>
/// A client certificate with its key. One that lives in files is read anew for each connection, so that a rotation is
/// followed.
/// </summary>
public sealed class ClientCertificate
{
    private readonly Func<X509Certificate2> load;
    private X509Certificate2 last;

    private ClientCertificate(Func<X509Certificate2> load)
    {
        this.load = load;
        last = load();
    }

    /// <exception cref="CryptographicException">Not a PEM certificate with its key.</exception>
    public static ClientCertificate FromPem(string certificate, string key)
    {
        var fixedCertificate = X509Certificate2.CreateFromPem(certificate, key);
        return new ClientCertificate(() => fixedCertificate);
    }

    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="CryptographicException">Not a PEM certificate with its key.</exception>
    public static ClientCertificate FromFiles(string certificatePath, string keyPath) =>
        new(() => X509Certificate2.CreateFromPemFile(certificatePath, keyPath));

    /// <summary>The newest one; while the files are unreadable or half-written, the last that was whole.</summary>
    public X509Certificate2 Current()
    {
        try
        {
            last = load();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            // The server refuses an outdated certificate itself, with a clearer message than ours could be.
        }
        return last;
    }
}
