using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Bridge.Core.Names;
using Bridge.Core.Policy;
using Bridge.Kube.Client;
using Bridge.Slurm;
using Bridge.Slurm.Rest;
using k8s;
using k8s.Models;

namespace Bridge.Daemon.Run;

/// <summary>
/// Reads what a SlurmCluster refers to in its namespace. Nothing is kept: each token and each connection asks anew, so
/// that what was rotated, or is allowed no more, is seen without a restart.
/// </summary>
public sealed class ClusterSecrets(KubeClient client, string inNamespace)
{
    /// <summary>The key that tokens are minted with, if its Secret allows it for the cluster's address.</summary>
    /// <exception cref="TokenKeyException">There is none, or it may not be used there.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> TokenKeyAsync(SlurmClusterSpec spec, CancellationToken cancel)
    {
        if (spec.TokenKeyRef is not { } reference)
            throw new TokenKeyException("the SlurmCluster names no key: set spec.tokenKeyRef");
        var name = $"Secret {inNamespace}/{reference.Name}";
        V1Secret secret;
        try
        {
            secret = await SecretAsync(reference.Name, cancel);
        }
        catch (KubeException unread)
        {
            throw new TokenKeyException($"{name} cannot be read: {unread.Message}", unread);
        }
        var annotation = Value(secret.Metadata?.Annotations, WellKnown.AllowedAddressesAnnotation);
        if (AllowedAddresses.Problem(annotation, spec.RestUrl) is { Length: > 0 } problem)
            throw new TokenKeyException(
                $"{name} does not let its key be used with {spec.RestUrl}: {problem}. If that is your slurmrestd: "
                + $"kubectl -n {inNamespace} annotate --overwrite secret {reference.Name} "
                + $"'{WellKnown.AllowedAddressesAnnotation}={spec.RestUrl}'");
        return Value(secret.Data, reference.Key)
            ?? throw new TokenKeyException($"{name} has no key '{reference.Key}'");
    }

    /// <summary>The authorities that a certificate of slurmrestd may come from.</summary>
    /// <exception cref="IOException">There are none; the message says why.</exception>
    public async ValueTask<X509Certificate2Collection> AuthoritiesAsync(CaRef reference, CancellationToken cancel)
    {
        var name = $"spec.caRef: {reference.Kind} {inNamespace}/{reference.Name}";
        try
        {
            var pem = await PemAsync(reference, cancel)
                ?? throw new IOException($"{name} has no key '{reference.Key}'");
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPem(pem);
            return authorities.Count > 0 ? authorities
                : throw new IOException($"{name}, key '{reference.Key}', holds no certificate as PEM");
        }
        catch (Exception unread) when (unread is KubeException or CryptographicException)
        {
            throw new IOException($"{name} cannot be read: {unread.Message}", unread);
        }
    }

    private async Task<string?> PemAsync(CaRef reference, CancellationToken cancel)
    {
        if (reference.Kind == CaKind.Secret)
            return Value((await SecretAsync(reference.Name, cancel)).Data, reference.Key) is { } bytes
                ? Encoding.ASCII.GetString(bytes) : null;
        var map = await client.CallAsync(
            (api, c) => api.CoreV1.ReadNamespacedConfigMapAsync(reference.Name, inNamespace, cancellationToken: c),
            cancel);
        return Value(map.Data, reference.Key);
    }

    private Task<V1Secret> SecretAsync(string name, CancellationToken cancel) =>
        client.CallAsync(
            (api, c) => api.CoreV1.ReadNamespacedSecretAsync(name, inNamespace, cancellationToken: c), cancel);

    private static T? Value<T>(IDictionary<string, T>? values, string key)
        where T : class =>
        values is not null && values.TryGetValue(key, out var value) ? value : null;
}
