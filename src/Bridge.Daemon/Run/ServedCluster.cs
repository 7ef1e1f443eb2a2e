using Bridge.Control.Loop;
using Bridge.Control.Ports;
using Bridge.Core.Names;
using Bridge.Core.Policy;
using Bridge.Slurm;
using Microsoft.Extensions.Logging;

namespace Bridge.Daemon.Run;

/// <summary>One SlurmCluster that is served: its connection to Slurm and its loop.</summary>
public sealed class ServedCluster : IAsyncDisposable
{
    private readonly SlurmClusterSpec spec;

    /// <exception cref="ArgumentException">The spec cannot work; the message lists every reason.</exception>
    public ServedCluster(
        ObjectRef cluster, SlurmClusterSpec spec, IKubePort kube, SlurmConnector connector, Surroundings around)
    {
        Ref = cluster;
        Slurm = connector.Open(cluster.Namespace, spec);
        Loop = new ClusterLoop(kube, Slurm, around.Time, around.Logs.CreateLogger<ClusterLoop>());
        this.spec = spec;
    }

    public ObjectRef Ref { get; }
    public SlurmPort Slurm { get; }
    public ClusterLoop Loop { get; }

    /// <summary>
    /// Whether the connection is still the one that a spec asks for; what else is in a spec is read anew by every tick.
    /// </summary>
    public bool Serves(SlurmClusterSpec other) =>
        spec.RestUrl == other.RestUrl
        && spec.User == other.User
        && spec.TokenKeyRef == other.TokenKeyRef
        && spec.TokenKeyFile == other.TokenKeyFile
        && spec.ReadBudgetPercent == other.ReadBudgetPercent;

    public ValueTask DisposeAsync()
    {
        Slurm.Dispose();
        return ValueTask.CompletedTask;
    }
}
