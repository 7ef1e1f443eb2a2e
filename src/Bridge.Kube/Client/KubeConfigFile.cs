using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Bridge.Kube.Client;

/// <summary>
/// Reads a kubeconfig (kubernetes.io docs, "Organizing Cluster Access Using kubeconfig Files"). What Bridge cannot
/// honour is refused with the field's name instead of being skipped.
/// </summary>
public static class KubeConfigFile
{
    private static readonly string[] RefusedOfUser =
        ["exec", "auth-provider", "username", "password", "as", "as-uid", "as-groups", "as-user-extra"];

    /// <summary>The endpoint of one context; of current-context when <paramref name="context"/> is null.</summary>
    /// <exception cref="KubeConfigException">The file, the context or a field of it cannot be used.</exception>
    public static KubeEndpoint Read(string path, string? context, TimeProvider time)
    {
        try
        {
            var root = Load(path);
            var named = context ?? root.Text("current-context");
            if (named.Length == 0)
                throw root.Wrong("current-context", "is not set; set it, or name a context");
            var chosen = root.Named("contexts", named, "context");
            var cluster = root.Named("clusters", chosen.Text("cluster"), "cluster");
            var user = chosen.Text("user").Length == 0 ? null : root.Named("users", chosen.Text("user"), "user");
            return Endpoint(cluster, user, time) with
                { Namespace = chosen.Text("namespace") is { Length: > 0 } ns ? ns : "default" };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or YamlException
            or CryptographicException or FormatException)
        {
            throw new KubeConfigException($"kubeconfig {path} cannot be used: {e.Message}", e);
        }
    }

    private static KubeConfigNode Load(string path)
    {
        var stream = new YamlStream();
        using (var text = new StringReader(File.ReadAllText(path)))
            stream.Load(text);
        if (stream.Documents.Count != 1 || stream.Documents[0].RootNode is not YamlMappingNode map)
            throw new KubeConfigException($"kubeconfig {path} is not one YAML mapping");
        return new KubeConfigNode(path, "", map);
    }

    private static KubeEndpoint Endpoint(KubeConfigNode cluster, KubeConfigNode? user, TimeProvider time)
    {
        if (!Uri.TryCreate(cluster.Text("server"), UriKind.Absolute, out var server)
            || server.Scheme is not ("https" or "http"))
            throw cluster.Wrong("server", $"'{cluster.Text("server")}' is not an https:// or http:// address");
        if (cluster.Text("insecure-skip-tls-verify") == "true")
            throw cluster.Wrong(
                "insecure-skip-tls-verify", "is refused; give certificate-authority or certificate-authority-data");
        if (cluster.Text("proxy-url").Length > 0)
            throw cluster.Wrong("proxy-url", "is not supported");
        if (user?.Has(RefusedOfUser) is { } refused)
            throw user.Wrong(
                refused,
                "is not supported: Bridge runs no credential plugins; give token, tokenFile or a client certificate");
        return new KubeEndpoint
        {
            Server = server,
            TlsServerName = cluster.Text("tls-server-name"),
            Authorities = Authorities(cluster),
            Certificate = user is null ? null : Certificate(user),
            Token = user is null ? null : Token(user, time),
        };
    }

    private static X509Certificate2Collection? Authorities(KubeConfigNode cluster)
    {
        if (cluster.Pem("certificate-authority") is not { } pem)
            return null;
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPem(pem);
        return authorities.Count > 0 ? authorities
            : throw cluster.Wrong("certificate-authority", "holds no PEM certificate");
    }

    private static ClientCertificate? Certificate(KubeConfigNode user)
    {
        var certificateFile = user.PathOf("client-certificate");
        var keyFile = user.PathOf("client-key");
        if (certificateFile.Length > 0 && keyFile.Length > 0)
            return ClientCertificate.FromFiles(certificateFile, keyFile);
        var certificate = user.Pem("client-certificate");
        var key = user.Pem("client-key");
        if (certificate is null != key is null)
            throw user.Wrong(certificate is null ? "client-certificate" : "client-key", "is missing; both are needed");
        return certificate is null ? null : ClientCertificate.FromPem(certificate, key!);
    }

    // client-go lets tokenFile win over token, so that a fresh file beats a stale copy.
    private static BearerToken? Token(KubeConfigNode user, TimeProvider time)
    {
        if (user.PathOf("tokenFile") is { Length: > 0 } file)
            return BearerToken.FromFile(file, time);
        return user.Text("token") is { Length: > 0 } token ? BearerToken.Fixed(token) : null;
    }
}
