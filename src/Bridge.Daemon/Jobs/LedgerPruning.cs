using Bridge.Daemon.Settings;
using Bridge.Kube.Leases;
using Bridge.Ledger;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Bridge.Daemon.Jobs;

/// <summary>Deletes what the ledger need not keep any more, while this replica leads.</summary>
public sealed class LedgerPruning(
    RunOptions options, LeaderElector elector, TimeProvider time, ILogger<LedgerPruning> log,
    LedgerStore? ledger = null) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (ledger is null || options.Retention is { Actions: null, EndedJobs: null })
            return;
        using var timer = new PeriodicTimer(Every, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await PruneAsync(ledger, stoppingToken);
    }

    private async Task PruneAsync(LedgerStore store, CancellationToken cancel)
    {
        try
        {
            var (actions, jobs) = await store.PruneAsync(options.Retention, () => elector.IsLeader, cancel);
            if (actions + jobs > 0)
                log.LedgerPruned(actions, jobs);
        }
        catch (LedgerUnavailableException unavailable)
        {
            log.LedgerUnpruned(unavailable.Message);
        }
    }
}
