using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace Bridge.ApiServer.Security;

/// <summary>
/// The certificate that the server shows, read again when its files change. Files are compared by content: in a
/// Secret's volume their names are links whose own dates never change.
/// </summary>
internal sealed class ServingCertificate
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    private readonly Lock gate = new();
    private readonly string certificatePath;
    private readonly string keyPath;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private (string Certificate, string Key) read;
    private SslStreamCertificateContext current;
    private long lookedAt;

    /// <exception cref="IOException">A file cannot be read, or holds no certificate with its key; the message names
    /// it.</exception>
    public ServingCertificate(string certificatePath, string keyPath, TimeProvider time, ILogger log)
    {
        (this.certificatePath, this.keyPath, this.time, this.log) = (certificatePath, keyPath, time, log);
        read = ReadFiles();
        current = Load(read);
        lookedAt = time.GetTimestamp();
    }

    public SslStreamCertificateContext Current
    {
        get
        {
            lock (gate)
            {
                if (time.GetElapsedTime(lookedAt) >= LookEvery)
                    LookAgain();
                return current;
            }
        }
    }

    private void LookAgain()
    {
        lookedAt = time.GetTimestamp();
        try
        {
            var now = ReadFiles();
            if (now == read)
                return;
            // Half of a rotation may have been read: then the key does not fit, and the next look sees the rest.
            current = Load(now);
            read = now;
        }
        catch (IOException e)
        {
            Log.CertificateKept(log, e.Message);
        }
    }

    private SslStreamCertificateContext Load((string Certificate, string Key) text)
    {
        try
        {
            var certificate = X509Certificate2.CreateFromPem(text.Certificate, text.Key);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(text.Certificate);
            var context = SslStreamCertificateContext.Create(certificate, chain, offline: true);
            Log.CertificateRead(log, certificate.NotAfter.ToUniversalTime());
            return context;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new IOException(
                $"{certificatePath} and {keyPath} are no certificate with its key in PEM: {e.Message}", e);
        }
    }

    private (string Certificate, string Key) ReadFiles()
    {
        try
        {
            return (File.ReadAllText(certificatePath), File.ReadAllText(keyPath));
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"the serving certificate cannot be read: {e.Message}", e);
        }
    }
}
