using Bridge.Ledger;

namespace Bridge.Adapter.Tests.Ledger;

/// <summary>A ledger whose loop runs until it is disposed.</summary>
internal sealed class RunningLedger : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource stop = new();
    private readonly Task loop;

    public RunningLedger(LedgerOptions options)
        : this(PostgresFixture.Open(options))
    {
    }

    /// <param name="store">Its loop begins now; what was recorded before waits in it.</param>
    public RunningLedger(LedgerStore store)
    {
        Store = store;
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

    /// <summary>Waits until it is known that PostgreSQL is away.</summary>
    public async Task SaysUnavailableAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        using var looks = new PeriodicTimer(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        while (Store.State.Ready)
        {
            Assert.False(limit.IsCancellationRequested, $"still ready {Patience} after PostgreSQL went away");
            await looks.WaitForNextTickAsync(CancellationToken.None);
        }
        Assert.NotEmpty(Store.State.Error);
        Assert.True(Store.State.Queued > 0);
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
