using Bridge.Control.Loop;
using Bridge.Core.Names;
using Bridge.Core.Policy;
using Bridge.Slurm;

namespace Bridge.Daemon.Run;

/// <summary>One SlurmCluster that is served: its connection to Slurm and its loop.</summary>
public sealed class ServedCluster(ObjectRef cluster, SlurmClusterSpec spec, SlurmPort slurm, ClusterLoop loop)
    : IAsyncDisposable
{
    public ObjectRef Ref => cluster;
    public SlurmPort Slurm => slurm;
    public ClusterLoop Loop => loop;

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
