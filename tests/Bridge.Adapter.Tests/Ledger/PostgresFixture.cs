using Bridge.Ledger;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bridge.Adapter.Tests.Ledger;

/// <summary>One PostgreSQL for the tests of a class; each test takes a database of its own.</summary>
public sealed class PostgresFixture : IAsyncLifetime
{
    public PostgresServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await PostgresServer.StartNewAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        if (Server is not null)
            await Server.DisposeAsync();
    }

    public static LedgerOptions Options(string connection) =>
        new()
        {
            ConnectionString = connection,
            Writer = "test-1",
            RetryFirst = TimeSpan.FromMilliseconds(20),
            RetryCap = TimeSpan.FromMilliseconds(100),
        };

    public static LedgerStore Open(LedgerOptions options) =>
        new(options, TimeProvider.System, NullLogger<LedgerStore>.Instance);
}
