using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Bridge.Adapter.Tests.ApiServer;

/// <summary>Authorities and certificates made for one test, in a folder of their own.</summary>
internal sealed class TestPki : IDisposable
{
    public const string ForClients = "1.3.6.1.5.5.7.3.2";
    public const string ForServers = "1.3.6.1.5.5.7.3.1";

    // Wide, for tests set the clock as they like.
    private static readonly DateTimeOffset From = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Until = new(2049, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public TestPki()
    {
        Folder = Directory.CreateTempSubdirectory("bridge-api-").FullName;
        Authority = MakeAuthority("ca");
        FrontProxyAuthority = MakeAuthority("front-proxy-ca");
        FrontProxy = Issue(FrontProxyAuthority, "front-proxy-client", ForClients);
        WriteServing("serving");
    }

    public string Folder { get; }

    public X509Certificate2 Authority { get; }

    public X509Certificate2 FrontProxyAuthority { get; }

    public X509Certificate2 FrontProxy { get; }

    public string CertificatePath => Path.Combine(Folder, "tls.crt");

    public string KeyPath => Path.Combine(Folder, "tls.key");

    public static X509Certificate2 MakeAuthority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        return request.CreateSelfSigned(From, Until);
    }

    public static X509Certificate2 Issue(
        X509Certificate2 authority, string name, string use, DateTimeOffset? until = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(use)], false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var serial = RandomNumberGenerator.GetBytes(8);
        using var bare = request.Create(authority, From, until ?? Until, serial);
        return bare.CopyWithPrivateKey(key);
    }

    public X509ChainPolicy TrustInServers() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        CustomTrustStore = { Authority },
        RevocationMode = X509RevocationMode.NoCheck,
    };

    /// <summary>Puts a new serving certificate where the server reads it.</summary>
    public void WriteServing(string name)
    {
        using var certificate = Issue(Authority, name, ForServers);
        File.WriteAllText(KeyPath, certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(CertificatePath, certificate.ExportCertificatePem());
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
