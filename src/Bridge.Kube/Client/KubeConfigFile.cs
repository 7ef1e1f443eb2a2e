using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Bridge.Kube.Client;

/// <summary>
/// Reads kubeconfigs (kubernetes.io docs, "Organizing Cluster Access Using kubeconfig Files"). What Bridge cannot
/// honour is refused with the field's name instead of being skipped: the library's reader drops tokenFile, proxy-url
/// and impersonation without a word, and with the last of them acts under the wrong name.
/// </summary>
public static class KubeConfigFile
{
    /// <summary>
    /// The files that kubectl would read without being told: those of KUBECONFIG, else the one in the home folder; of
    /// them those that are there.
    /// </summary>
    public static ImmutableArray<string> Ambient(string? kubeconfig, string? home)
    {
        string[] named = !string.IsNullOrEmpty(kubeconfig) ? kubeconfig.Split(Path.PathSeparator)
            : !string.IsNullOrEmpty(home) ? [Path.Combine(home, ".kube", "config")]
            : [];
        return [.. named.Where(File.Exists)];
    }

    /// <summary>The endpoint of one context of one file, which may name no credential plugin.</summary>
    /// <inheritdoc cref="Read(IReadOnlyList{string}, string?, RunCredentialPlugin?, TimeProvider)"/>
    public static KubeEndpoint Read(string path, string? context, TimeProvider time) =>
        Read([path], context, null, time);

    /// <summary>
    /// The endpoint of one context; of current-context when <paramref name="context"/> is null. Of several files the
    /// first that has an entry wins, as with kubectl.
    /// </summary>
    /// <exception cref="KubeConfigException">A file, the context or a field of it cannot be used.</exception>
    public static KubeEndpoint Read(
        IReadOnlyList<string> paths, string? context, RunCredentialPlugin? run, TimeProvider time)
    {
        var files = string.Join(Path.PathSeparator, paths);
        try
        {
            var roots = paths.Select(Load).ToList();
            var named = context ?? roots.Select(r => r.Text("current-context")).FirstOrDefault(c => c.Length > 0)
                ?? throw new KubeConfigException(
                    $"kubeconfig {files}: current-context is not set; set it, or name a context");
            KubeConfigNode Find(string list, string name, string inner) =>
                roots.Select(r => r.Named(list, name, inner)).FirstOrDefault(n => n is not null)
                ?? throw new KubeConfigException($"kubeconfig {files}: {list} has no {inner} named '{name}'");
            var chosen = Find("contexts", named, "context");
            chosen.Only("", "cluster", "user", "namespace", "extensions");
            var cluster = Find("clusters", chosen.Text("cluster"), "cluster");
            var user = chosen.Text("user") is { Length: > 0 } name ? Find("users", name, "user") : null;
            return Endpoint(cluster, user, run, time) with
                { Namespace = chosen.Text("namespace") is { Length: > 0 } ns ? ns : "default" };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or YamlException
            or CryptographicException or FormatException)
        {
            throw new KubeConfigException($"kubeconfig {files} cannot be used: {e.Message}", e);
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

    private static KubeEndpoint Endpoint(
        KubeConfigNode cluster, KubeConfigNode? user, RunCredentialPlugin? run, TimeProvider time)
    {
        if (cluster.Text("insecure-skip-tls-verify") == "true")
            throw cluster.Wrong(
                "insecure-skip-tls-verify", "is refused; give certificate-authority or certificate-authority-data");
        cluster.Only(
            "", "server", "tls-server-name", "certificate-authority", "certificate-authority-data",
            "insecure-skip-tls-verify", "disable-compression", "extensions");
        user?.Only(
            "; give exec, token, tokenFile or a client certificate",
            "client-certificate", "client-certificate-data", "client-key", "client-key-data", "token", "tokenFile",
            "exec", "extensions");
        if (!Uri.TryCreate(cluster.Text("server"), UriKind.Absolute, out var server)
            || server.Scheme is not ("https" or "http"))
            throw cluster.Wrong("server", $"'{cluster.Text("server")}' is not an https:// or http:// address");
        return new KubeEndpoint
        {
            Server = server,
            TlsServerName = cluster.Text("tls-server-name"),
            Authorities = Authorities(cluster),
            Certificate = user is null ? null : Certificate(user),
            Token = user is null ? null : Token(user, cluster, run, time),
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

    // client-go lets tokenFile win over token, so that a fresh file beats a stale copy, and either over a plugin.
    private static BearerToken? Token(
        KubeConfigNode user, KubeConfigNode cluster, RunCredentialPlugin? run, TimeProvider time)
    {
        if (user.PathOf("tokenFile") is { Length: > 0 } file)
            return BearerToken.FromFile(file, time);
        if (user.Text("token") is { Length: > 0 } token)
            return BearerToken.Fixed(token);
        if (user.Inner("exec") is not { } exec)
            return null;
        return run is null
            ? throw user.Wrong("exec", "is not supported here; give token, tokenFile or a client certificate")
            : new PluginToken(CredentialPlugin.Read(exec, cluster), run, time);
    }
}
