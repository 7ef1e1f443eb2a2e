using Bridge.Ledger;

namespace Bridge.Adapter.Tests.Ledger;

/// <summary>A ledger whose loop runs until it is disposed.</summary>
internal sealed class RunningLedger : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource stop = new();
    private readonly Task loop;

    public RunningLedger(LedgerOptions options)
    {
        Store = PostgresFixture.Open(options);
        loop = Store.RunAsync(stop.Token);
    }

    public LedgerStore Store { get; }

    /// <summary>Waits until all that was recorded is stored.</summary>
    public async Task FlushAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            await Store.FlushAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"not stored after {Patience}: {Store.State}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        try
        {
            await loop;
        }
        catch (OperationCanceledException)
        {
        }
        await Store.DisposeAsync();
        stop.Dispose();
    }
}
