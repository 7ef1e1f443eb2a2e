using System.Collections.Immutable;
using Bridge.Control.Ports;
using Bridge.Core.Policy;
using Bridge.Kube.Client;
using Bridge.Kube.Models;
using Bridge.Node.Processes;
using Bridge.Slurm;
using Bridge.Slurm.Rest;
using Microsoft.Extensions.Logging;

namespace Bridge.Daemon.Run;

/// <summary>Opens the connection that a SlurmCluster describes.</summary>
public static class SlurmConnection
{
    /// <exception cref="ArgumentException">The spec cannot work; the message lists every reason.</exception>
    public static SlurmPort Open(string inNamespace, SlurmClusterSpec spec, KubeClient client, Surroundings around)
    {
        var options = new SlurmOptions
        {
            RestUrl = spec.RestUrl,
            User = spec.User,
            ReadBudget = spec.ReadBudgetPercent / 100.0,
        };
        return new SlurmPort(
            options, Key(inNamespace, spec, client), TextClient(spec.ClientCommand, around.Time), around.Time,
            around.Logs.CreateLogger<SlurmPort>());
    }

    // Asked on every mint, so that a rotated key is seen without a restart.
    private static TokenKeySource Key(string inNamespace, SlurmClusterSpec spec, KubeClient client) => async cancel =>
    {
        try
        {
            if (spec.TokenKeyFile is { } path)
                return await File.ReadAllBytesAsync(path, cancel);
            if (spec.TokenKeyRef is not { } reference)
                throw new TokenKeyException("the SlurmCluster names no key: set spec.tokenKeyRef or spec.tokenKeyFile");
            var secret = await client.GetAsync(KubeKinds.Secrets, new ObjectKey(inNamespace, reference.Name), cancel);
            return secret.Data?.GetValueOrDefault(reference.Key) is { } data
                ? data
                : throw new TokenKeyException($"Secret {inNamespace}/{reference.Name} has no key '{reference.Key}'");
        }
        catch (Exception unread) when (unread is IOException or UnauthorizedAccessException or KubeException)
        {
            throw new TokenKeyException($"the token key cannot be read: {unread.Message}", unread);
        }
    };

    private static SlurmTextClient? TextClient(ImmutableArray<string> prefix, TimeProvider time) =>
        prefix.IsDefaultOrEmpty ? null : ClientCommand.Of(prefix, time);
}
