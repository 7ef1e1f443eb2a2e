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
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly string _certificatePath;
    private readonly string _keyPath;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private (string Certificate, string Key) _read;
    private SslStreamCertificateContext _current;
    private long _lookedAt;

    /// <exception cref="IOException">A file cannot be read, or holds no certificate with its key; the message names
    /// it.</exception>
    public ServingCertificate(string certificatePath, string keyPath, TimeProvider time, ILogger log)
    {
        (_certificatePath, _keyPath, _time, _log) = (certificatePath, keyPath, time, log);
        _read = ReadFiles();
        _current = Load(_read);
        _lookedAt = time.GetTimestamp();
    }

    public SslStreamCertificateContext Current
    {
        get
        {
            lock (_gate)
            {
                if (_time.GetElapsedTime(_lookedAt) >= s_lookEvery)
                    LookAgain();
                return _current;
            }
        }
    }

    private void LookAgain()
    {
        _lookedAt = _time.GetTimestamp();
        try
        {
            var now = ReadFiles();
            if (now == _read)
                return;
            // Half of a rotation may have been read: then the key does not fit, and the next look sees the rest.
            _current = Load(now);
            _read = now;
        }
        catch (IOException e)
        {
            Log.CertificateKept(_log, e.Message);
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
            Log.CertificateRead(_log, certificate.NotAfter.ToUniversalTime());
            return context;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new IOException(
                $"{_certificatePath} and {_keyPath} are no certificate with its key in PEM: {e.Message}", e);
        }
    }

    private (string Certificate, string Key) ReadFiles()
    {
        try
        {
            return (File.ReadAllText(_certificatePath), File.ReadAllText(_keyPath));
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"the serving certificate cannot be read: {e.Message}", e);
        }
    }
}
