using Bridge.Control.Loop;
using Bridge.Control.Queues;
using Bridge.Core.Names;
using Bridge.Daemon.Jobs;
using Bridge.Kube.Client;
using Bridge.Kube.Fleet;
using Bridge.Kube.Leases;
using Microsoft.Extensions.Logging;

namespace Bridge.Daemon.Run;

/// <summary>One term of leadership: informers, loops, hooks and job API, from acquisition to loss.</summary>
public sealed class LeaderTerm(KubeClient client, RunOptions options, Func<JobFeed> feeds, Surroundings around)
    : IAsyncDisposable
{
    private readonly ILogger log = around.Logs.CreateLogger<LeaderTerm>();
    private readonly KeyedQueue<ObjectRef> queue = new(around.Time);
    private readonly KubeFleet fleet = KubeConnection.Watch(client, options.Namespace, around);

    public async Task RunAsync(Leadership leadership)
    {
        log.Leading(leadership.Token.ToString());
        using var over = CancellationTokenSource.CreateLinkedTokenSource(leadership.Lost);
        var kube = KubeConnection.Write(client, fleet, around);
        var connector = new SlurmConnector(client, options.SlurmClient, around);
        await using var clusters = new ClusterSet(
            kube, connector, queue, feeds, () => leadership.Holds, around);
        var listeners = new TermListeners(client, options, clusters, around);
        fleet.Changed += clusters.Sync;
        var runner = new LoopRunner(queue, around.Time, around.Logs.CreateLogger<LoopRunner>());
        Task[] tasks =
        [
            fleet.RunAsync(over.Token), runner.RunAsync(clusters.Find, over.Token), kube.SendEventsAsync(over.Token),
            .. listeners.Run(over.Token),
        ];
        await Task.WhenAny(tasks);
        // Whichever ended first, by loss of the lease or by a bug, the others end with it.
        await over.CancelAsync();
        fleet.Changed -= clusters.Sync;
        try
        {
            await Task.WhenAll(tasks);
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // The term is over: that is how it ends.
        }
    }

    public ValueTask DisposeAsync()
    {
        queue.Dispose();
        return ValueTask.CompletedTask;
    }
}
