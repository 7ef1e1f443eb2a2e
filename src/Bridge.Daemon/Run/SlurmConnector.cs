using System.Collections.Immutable;
using Bridge.Core.Policy;
using Bridge.Kube.Client;
using Bridge.Node.Processes;
using Bridge.Slurm;
using Bridge.Slurm.Rest;
using k8s;
using Microsoft.Extensions.Logging;

namespace Bridge.Daemon.Run;

/// <summary>Opens the connections that SlurmClusters describe.</summary>
/// <param name="client">Reads the Secrets that hold token keys.</param>
/// <param name="textClient">
/// Command prefix that runs Slurm's own client; empty where there is none. It is an option of the daemon and not a
/// field of the resource, so that who may write a SlurmCluster cannot run commands here.
/// </param>
/// <param name="leads">Asked right before each write.</param>
/// <param name="time">Time of tokens, deadlines and budgets.</param>
/// <param name="logs">Where each connection logs.</param>
public sealed class SlurmConnector(
    KubeClient client, ImmutableArray<string> textClient, Func<bool> leads, TimeProvider time, ILoggerFactory logs)
{
    /// <param name="inNamespace">Where the SlurmCluster and its Secret are.</param>
    /// <param name="spec">What it says.</param>
    /// <exception cref="ArgumentException">The spec cannot work; the message lists every reason.</exception>
    public SlurmPort Open(string inNamespace, SlurmClusterSpec spec)
    {
        var options = new SlurmOptions
        {
            RestUrl = spec.RestUrl,
            User = spec.User,
            ReadBudget = spec.ReadBudgetPercent / 100.0,
        };
        var text = textClient.IsEmpty ? null : ClientCommand.Of(textClient, time);
        return new SlurmPort(
            options, Key(inNamespace, spec), text, leads, time, logs.CreateLogger<SlurmPort>());
    }

    // Asked on every mint, so that a rotated key is seen without a restart.
    private TokenKeySource Key(string inNamespace, SlurmClusterSpec spec) => async cancel =>
    {
        try
        {
            if (spec.TokenKeyFile is { } path)
                return await File.ReadAllBytesAsync(path, cancel);
            if (spec.TokenKeyRef is not { } reference)
                throw new TokenKeyException("the SlurmCluster names no key: set spec.tokenKeyRef or spec.tokenKeyFile");
            var secret = await client.CallAsync(
                (api, c) => api.CoreV1.ReadNamespacedSecretAsync(reference.Name, inNamespace, cancellationToken: c),
                cancel);
            return secret.Data is { } keys && keys.TryGetValue(reference.Key, out var data)
                ? data
                : throw new TokenKeyException($"Secret {inNamespace}/{reference.Name} has no key '{reference.Key}'");
        }
        catch (Exception unread) when (unread is IOException or UnauthorizedAccessException or KubeException)
        {
            throw new TokenKeyException($"the token key cannot be read: {unread.Message}", unread);
        }
    };
}
