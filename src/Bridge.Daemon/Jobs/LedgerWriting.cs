using Bridge.Ledger;
using Microsoft.Extensions.Hosting;

namespace Bridge.Daemon.Jobs;

/// <summary>Stores what is recorded, and at the end what is left of it; nothing where no ledger is kept.</summary>
public sealed class LedgerWriting(LedgerStore? ledger = null) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (ledger is not null)
            await ledger.RunAsync(stoppingToken);
    }
}
