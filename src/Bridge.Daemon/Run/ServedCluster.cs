using Bridge.Control.Loop;
using Bridge.Control.Ports;
using Bridge.Core.Names;
using Bridge.Core.Policy;
using Bridge.Kube.Client;
using Bridge.Slurm;
using Microsoft.Extensions.Logging;

namespace Bridge.Daemon.Run;

/// <summary>One SlurmCluster that is served: its connection to Slurm and its loop.</summary>
public sealed class ServedCluster : IAsyncDisposable
{
    private readonly SlurmClusterSpec spec;

    private ServedCluster(ObjectRef cluster, SlurmClusterSpec spec, SlurmPort slurm, ClusterLoop loop)
    {
        Ref = cluster;
        Slurm = slurm;
        Loop = loop;
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
        && spec.ReadBudgetPercent == other.ReadBudgetPercent
        && spec.ClientCommand.SequenceEqual(other.ClientCommand);

    public static ServedCluster Connect(
        ObjectRef cluster, SlurmClusterSpec spec, IKubePort kube, KubeClient client, Surroundings around)
    {
        var slurm = SlurmConnection.Open(cluster.Namespace, spec, client, around);
        var loop = new ClusterLoop(kube, slurm, around.Time, around.Logs.CreateLogger<ClusterLoop>());
        return new ServedCluster(cluster, spec, slurm, loop);
    }

    public ValueTask DisposeAsync()
    {
        Slurm.Dispose();
        return ValueTask.CompletedTask;
    }
}
