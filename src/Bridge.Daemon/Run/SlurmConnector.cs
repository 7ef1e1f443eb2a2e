using Bridge.Core.Policy;
using Bridge.Kube.Client;
using Bridge.Node.Processes;
using Bridge.Slurm;
using Microsoft.Extensions.Logging;

namespace Bridge.Daemon.Run;

/// <summary>Opens the connections that SlurmClusters describe, within what the daemon allows them.</summary>
/// <param name="client">Reads the Secrets and ConfigMaps that they refer to.</param>
/// <param name="limits">What the daemon allows.</param>
/// <param name="leads">Asked right before each write.</param>
/// <param name="time">Time of tokens, deadlines and budgets.</param>
/// <param name="logs">Where each connection logs.</param>
public sealed class SlurmConnector(
    KubeClient client, SlurmLimits limits, Func<bool> leads, TimeProvider time, ILoggerFactory logs)
{
    /// <summary>
    /// What of the spec cannot work, or is not allowed, is said by the port's view: it then asks nobody anything.
    /// </summary>
    /// <param name="inNamespace">Where the SlurmCluster and its Secret are.</param>
    /// <param name="spec">What it says.</param>
    public SlurmPort Open(string inNamespace, SlurmClusterSpec spec)
    {
        var secrets = new ClusterSecrets(client, inNamespace);
        var options = new SlurmOptions
        {
            RestUrl = spec.RestUrl,
            User = spec.User,
            Trust = spec.CaRef is { } ca ? cancel => secrets.AuthoritiesAsync(ca, cancel) : null,
            AllowPlainHttp = spec.AllowPlainHttp,
            TextClient = spec.SlurmClient,
            Limits = limits,
            ReadBudget = spec.ReadBudgetPercent / 100.0,
        };
        var text = limits.TextClients.TryGetValue(spec.SlurmClient, out var command)
            ? ClientCommand.Of(command, time) : null;
        return new SlurmPort(
            options, cancel => secrets.TokenKeyAsync(spec, cancel), text, leads, time, logs.CreateLogger<SlurmPort>());
    }
}
