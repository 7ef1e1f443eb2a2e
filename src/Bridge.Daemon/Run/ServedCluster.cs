using Bridge.Control.Loop;
using Bridge.Core.Names;
using Bridge.Core.Policy;
using Bridge.Slurm;

namespace Bridge.Daemon.Run;

/// <summary>One SlurmCluster that is served: its connection to Slurm, what reads it, and its loop.</summary>
public sealed class ServedCluster : IAsyncDisposable
{
    private readonly SlurmClusterSpec spec;
    private readonly CancellationTokenSource left = new();
    private readonly Task reading;

    public ServedCluster(ObjectRef cluster, SlurmClusterSpec spec, SlurmPort slurm, SlurmFeed feed, ClusterLoop loop)
    {
        (Ref, Slurm, Feed, Loop) = (cluster, slurm, feed, loop);
        this.spec = spec;
        reading = feed.RunAsync(left.Token);
    }

    public ObjectRef Ref { get; }
    public SlurmPort Slurm { get; }
    public SlurmFeed Feed { get; }
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

    public async ValueTask DisposeAsync()
    {
        await left.CancelAsync();
        await reading.ContinueWith(static _ => { }, TaskScheduler.Default);
        left.Dispose();
        Slurm.Dispose();
    }
}
