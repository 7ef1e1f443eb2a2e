using Bridge.Control.Loop;
using Bridge.Control.Ports;
using Bridge.Core.Names;
using Bridge.Core.Policy;

namespace Bridge.Daemon.Run;

/// <summary>
/// One SlurmCluster as it is connected: its port and what reads it. It lives until it is left and nobody uses it any
/// more: a tick that is under way never meets a connection that is closed.
/// </summary>
public sealed class ServedCluster(SlurmCluster resource, ISlurmPort port, SlurmFeed feed) : IDisposable
{
    private readonly CancellationTokenSource left = new();
    private int users = 1;

    /// <summary>Without uid: a cluster that is made anew under its name is the same one.</summary>
    public ObjectRef Key { get; } = resource.Ref with { Uid = "" };

    public string Name => resource.Ref.Name;

    public ISlurmPort Port => port;

    public SlurmFeed Feed => feed;

    /// <summary>
    /// Whether the connection is still the one that a spec asks for; what else is in a spec is read anew by every plan.
    /// </summary>
    public bool Serves(SlurmClusterSpec other) =>
        resource.Spec.RestUrl == other.RestUrl
        && resource.Spec.User == other.User
        && resource.Spec.TokenKeyRef == other.TokenKeyRef
        && resource.Spec.CaRef == other.CaRef
        && resource.Spec.AllowPlainHttp == other.AllowPlainHttp
        && resource.Spec.SlurmClient == other.SlurmClient
        && resource.Spec.ReadBudgetPercent == other.ReadBudgetPercent;

    /// <summary>Reads Slurm until it is left or cancelled.</summary>
    /// <param name="first">What is to be done before the first read.</param>
    /// <param name="cancel">The end of the process.</param>
    public async Task ReadAsync(Func<CancellationToken, Task> first, CancellationToken cancel)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(left.Token, cancel);
        try
        {
            await first(either.Token);
            await feed.RunAsync(either.Token);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            // That is how reading ends.
        }
        finally
        {
            Release();
        }
    }

    /// <summary>It is not read any more; who uses it still may do so until the last of them releases it.</summary>
    public void Dispose()
    {
        left.Cancel();
        left.Dispose();
    }

    /// <summary>False when it is closed already; else each use is followed by a <see cref="Release"/>.</summary>
    public bool TryUse()
    {
        for (var seen = Volatile.Read(ref users); seen > 0; seen = Volatile.Read(ref users))
            if (Interlocked.CompareExchange(ref users, seen + 1, seen) == seen)
                return true;
        return false;
    }

    public void Release()
    {
        if (Interlocked.Decrement(ref users) == 0)
            (port as IDisposable)?.Dispose();
    }
}
