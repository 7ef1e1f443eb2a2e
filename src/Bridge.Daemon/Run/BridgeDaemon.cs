using System.Globalization;
using Bridge.Daemon.Jobs;
using Bridge.Kube.Client;
using Bridge.Kube.Leases;
using Bridge.Ledger;
using Microsoft.Extensions.Logging;

namespace Bridge.Daemon.Run;

/// <summary>
/// The daemon. What lives as long as the process is here: the lease, the ledger. What lives as long as one term of
/// leadership is in
/// <see cref="LeaderTerm"/>: whoever does not lead holds no picture of the world that could be stale when it takes
/// over.
/// </summary>
public sealed class BridgeDaemon : IAsyncDisposable
{
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(2);

    private readonly KubeClient client;
    private readonly RunOptions options;
    private readonly Surroundings around;
    private readonly ILogger log;
    private readonly LedgerStore? ledger;

    public BridgeDaemon(KubeClient client, RunOptions options, Surroundings around)
    {
        this.client = client;
        this.options = options;
        this.around = around;
        log = around.Logs.CreateLogger<BridgeDaemon>();
        ledger = options.Ledger is { } connection ? OpenLedger(connection) : null;
    }

    /// <summary>
    /// Runs until stopped. An unreachable API server or PostgreSQL is logged and waited for, never a reason to exit.
    /// </summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var lease = new LeaseOptions { Namespace = options.Namespace, Name = "bridge", Identity = options.Identity };
        var elector = new LeaderElector(
            client, lease, around.Time, new Random(), around.Logs.CreateLogger<LeaderElector>());
        using var ledgerStop = new CancellationTokenSource();
        var stored = ledger?.RunAsync(ledgerStop.Token) ?? Task.CompletedTask;
        try
        {
            await elector.RunAsync(LeadAsync, stop);
        }
        finally
        {
            await ledgerStop.CancelAsync();
            await stored.ContinueWith(static _ => { }, TaskScheduler.Default);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (ledger is not null)
            await ledger.DisposeAsync();
    }

    // A container that is started again has the same name and process id: its journal would count as a repetition.
    private LedgerStore OpenLedger(string connection) => new(
        new LedgerOptions
        {
            ConnectionString = connection,
            Writer = string.Create(
                CultureInfo.InvariantCulture, $"{options.Identity} since {around.Time.GetUtcNow():O}"),
        },
        around.Time,
        around.Logs.CreateLogger<LedgerStore>());

    private async Task LeadAsync(Leadership leadership)
    {
        JobFeed NewFeed() => new(ledger, leadership.Token.Transitions, around);
        await using var term = new LeaderTerm(client, options, NewFeed, around);
        try
        {
            await term.RunAsync(leadership);
        }
        catch (Exception failure) when (!leadership.Lost.IsCancellationRequested)
        {
            // The lease is given back and taken again: a new term begins with a new picture of the world.
            log.TermFailed(failure, leadership.Token.ToString());
            await Task.Delay(AfterFailure, around.Time, leadership.Lost)
                .ContinueWith(static _ => { }, TaskScheduler.Default);
        }
    }
}
