using Bridge.Adapter.Tests.KubeFake;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Ledger;
using Bridge.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Bridge.Adapter.Tests.Ledger;

/// <summary>What a Bridge that starts reads of the jobs of its earlier life.</summary>
public sealed class LedgerReadTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private const long Term = 1;
    private const int Waiting = 12_000;
    private const int MostEnded = 10;

    private static readonly DateTimeOffset Submitted = new(2026, 11, 21, 4, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_job_that_has_not_ended_is_left_out_however_many_there_are()
    {
        await using var ledger = new RunningLedger(
            PostgresFixture.Options(await postgres.Server.NewDatabaseAsync(Cancel)));
        for (var id = 1u; id <= Waiting; id++)
            ledger.Store.Record("lab", Job(id, id % 2 == 0 ? "PENDING" : "RUNNING"), Term);
        for (var id = 1u; id <= MostEnded + 5; id++)
            ledger.Store.Record(
                "lab", Job(Waiting + id, "COMPLETED") with { EndTime = Submitted.AddMinutes(id) }, Term);
        await ledger.FlushAsync();

        var jobs = await ledger.Store.ReadJobsAsync("lab", Submitted, MostEnded, Cancel);

        Assert.Equal(
            Enumerable.Range(1, Waiting).Reverse(), jobs.Where(j => !j.Finished).Select(j => (int)j.Id.Value));
        Assert.Equal(
            Enumerable.Range(Waiting + 6, MostEnded).Reverse(),
            jobs.Where(j => j.Finished).Select(j => (int)j.Id.Value));
    }

    /// <summary>At the first start of all the readers are earlier than the scripts that make the tables.</summary>
    [Fact]
    public async Task Who_reads_before_the_tables_are_made_waits_for_them()
    {
        var connection = await postgres.Server.NewDatabaseAsync(Cancel);
        var store = PostgresFixture.Open(PostgresFixture.Options(connection));
        var reading = store.ReadJobsAsync("lab", Submitted, MostEnded, Cancel);
        await AskedAsync(connection);

        await using var ledger = new RunningLedger(store);

        Assert.Empty(await reading);
    }

    [Fact]
    public async Task Who_reads_while_nobody_makes_the_tables_is_told_so_in_the_end()
    {
        var time = new ManualTime();
        await using var store = new LedgerStore(
            PostgresFixture.Options(await postgres.Server.NewDatabaseAsync(Cancel)), time,
            NullLogger<LedgerStore>.Instance);
        var reading = store.ReadJobsAsync("lab", Submitted, MostEnded, Cancel);
        await Eventually.TrueAsync(() => time.Pending(TimeSpan.FromSeconds(10)) > 0, "it waits for the tables");
        time.Advance(TimeSpan.FromSeconds(10));

        var unread = await Assert.ThrowsAsync<LedgerUnavailableException>(() => reading);
        Assert.Contains("relation \"job\" does not exist", unread.Message, StringComparison.Ordinal);
    }

    private static async Task AskedAsync(string connection)
    {
        await using var source = NpgsqlDataSource.Create(connection);
        await using var asked = source.CreateCommand(
            """
            select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
                and state = 'idle' and query like '%from job%'
            """);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var looks = new PeriodicTimer(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        while ((long)(await asked.ExecuteScalarAsync(Cancel))! == 0)
        {
            Assert.False(limit.IsCancellationRequested, "the ledger was not asked for jobs within 30 s");
            await looks.WaitForNextTickAsync(Cancel);
        }
    }

    private static SlurmJob Job(uint id, string state) =>
        new() { Id = new JobId(id), State = state, SubmitTime = Submitted };
}
