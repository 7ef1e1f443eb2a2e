using Bridge.ApiServer;
using Bridge.ApiServer.Security;
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
        await using var hooks = options.HookSocket is { } socket
            ? await HookListener.StartAsync(socket, clusters.Ring, around.Logs, over.Token)
            : null;
        fleet.Changed += clusters.Sync;
        var runner = new LoopRunner(queue, around.Time, around.Logs.CreateLogger<LoopRunner>());
        Task[] tasks =
            [fleet.RunAsync(over.Token), runner.RunAsync(clusters.Find, over.Token), ServeAsync(clusters, over.Token)];
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

    // kubectl sees jobs only from the leader: a second Bridge on the same address listens once the first has gone.
    private async Task ServeAsync(ClusterSet clusters, CancellationToken over)
    {
        if (options.Api is not { } api)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, around.Time, over);
            return;
        }
        var store = await clusters.FirstServed(over);
        var retry = TimeSpan.FromSeconds(1);
        while (!over.IsCancellationRequested)
        {
            try
            {
                var trust = await ApiTrust.ReadAsync(api, client, over);
                await using var host = new AggregatedApiHost(Options(api, trust), store, around.Logs, around.Time);
                await host.StartAsync(over);
                await Task.Delay(Timeout.InfiniteTimeSpan, around.Time, over);
            }
            catch (Exception wrong) when (wrong is IOException or FormatException or KubeException)
            {
                log.ApiNotListening(api.Listen.ToString(), wrong.Message);
                await Task.Delay(retry, around.Time, over);
            }
        }
    }

    private AggregatedApiOptions Options(ApiOptions api, RequestHeaderTrust trust) => new()
    {
        Listen = api.Listen,
        CertificatePath = api.CertificatePath,
        KeyPath = api.KeyPath,
        Trust = trust,
        Authorize = api.Authorization == ApiAuthorization.AlwaysAllow ? Authorizers.AlwaysAllow
        : new AccessReviews(client).AuthorizeAsync,
        AuthorizerName = api.Authorization.ToString(),
    };
}
