using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Bridge.Kube.Client;

/// <summary>
/// The credentials that Kubernetes gives every pod (kubernetes.io docs, "Accessing the Kubernetes API from a Pod").
/// </summary>
public static class InCluster
{
    public const string DefaultFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <summary>The endpoint of the pod that Bridge runs in.</summary>
    /// <param name="host">KUBERNETES_SERVICE_HOST.</param>
    /// <param name="port">KUBERNETES_SERVICE_PORT.</param>
    /// <param name="folder">Where token, ca.crt and namespace lie.</param>
    /// <param name="time">Times the re-reading of the token.</param>
    /// <exception cref="KubeConfigException">Not in a pod, or its service account is not mounted.</exception>
    public static KubeEndpoint Read(string? host, string? port, string folder, TimeProvider time)
    {
        if (string.IsNullOrEmpty(host) || string.IsNullOrEmpty(port))
            throw new KubeConfigException(
                "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set: this is not a pod; name a "
                    + "kubeconfig file instead");
        var bracketed = host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host;
        if (!Uri.TryCreate($"https://{bracketed}:{port}", UriKind.Absolute, out var server))
            throw new KubeConfigException(
                $"KUBERNETES_SERVICE_HOST '{host}' and _PORT '{port}' do not make an address");
        try
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(Path.Combine(folder, "ca.crt"));
            return new KubeEndpoint
            {
                Server = server,
                Authorities = authorities,
                Token = BearerToken.FromFile(Path.Combine(folder, "token"), time),
                Namespace = File.ReadAllText(Path.Combine(folder, "namespace")).Trim(),
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new KubeConfigException($"the service account in {folder} cannot be read: {e.Message}", e);
        }
    }
}
