using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Ledger;
using Npgsql;

namespace Bridge.Adapter.Tests.Ledger;

/// <summary>Two Bridges and one database: what a leader of old still has in its queue.</summary>
public sealed class LedgerFencingTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private const long First = 10;
    private const long Second = 11;

    private static readonly DateTimeOffset Submitted = new(2026, 11, 21, 4, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>
    /// A job ends; its leader reads that from squeue, which tells no exit code, and loses PostgreSQL and the lease. The
    /// next one stores how it ended, once. Then the network heals.
    /// </summary>
    [Fact]
    public async Task What_a_leader_of_old_has_queued_does_not_replace_what_the_next_one_stored()
    {
        var connection = await postgres.Server.NewDatabaseAsync(Cancel);
        using var door = new PostgresDoor(connection);
        await using var old = Open("old", door.Connection);
        await using var next = Open("next", connection);
        Record(old, First, Job("RUNNING"));
        await old.FlushAsync();

        await door.ShutAsync(Cancel);
        Record(old, First, Job("COMPLETED") with { ExitSignal = 15 });
        await old.SaysUnavailableAsync();
        Record(next, Second, Job("FAILED") with { EndTime = Submitted.AddMinutes(5), ExitCode = 1 });
        await next.FlushAsync();
        door.Open();
        await old.FlushAsync();

        var job = await StoredAsync(next);
        Assert.Equal(("FAILED", Submitted.AddMinutes(5), 1, null),
            (job.State, job.EndTime, job.ExitCode, job.ExitSignal));
        Assert.Equal(Second, await TokenAsync(connection));
    }

    [Theory]
    [InlineData("RUNNING", "COMPLETED")]
    [InlineData("PENDING", "RUNNING")]
    [InlineData("COMPLETED", "FAILED")]
    [InlineData("COMPLETED", "RUNNING")]
    public async Task An_older_leadership_changes_nothing_however_far_the_job_has_come_in_it(string stored, string late)
    {
        var connection = await postgres.Server.NewDatabaseAsync(Cancel);
        await using var old = Open("old", connection);
        await using var next = Open("next", connection);
        Record(next, Second, Job(stored) with { RestartCount = 1 });
        await next.FlushAsync();

        Record(old, First, Job(late) with { RestartCount = 2, Comment = "late" });
        await old.FlushAsync();

        var job = await StoredAsync(next);
        Assert.Equal((stored, 1, ""), (job.State, job.RestartCount, job.Comment));
    }

    /// <summary>The next leader has nothing new to tell, but it is the one who says so.</summary>
    [Fact]
    public async Task What_a_newer_leadership_confirms_an_older_one_cannot_change_any_more()
    {
        var connection = await postgres.Server.NewDatabaseAsync(Cancel);
        await using var old = Open("old", connection);
        await using var next = Open("next", connection);
        Record(old, First, Job("RUNNING"));
        await old.FlushAsync();
        Record(next, Second, Job("RUNNING"));
        await next.FlushAsync();
        Assert.Equal(Second, await TokenAsync(connection));
        Assert.True(await ScalarAsync<bool>(connection, "select changed_at = first_seen from job"));

        Record(old, First, Job("CANCELLED"));
        await old.FlushAsync();

        Assert.Equal("RUNNING", (await StoredAsync(next)).State);
    }

    [Fact]
    public async Task A_row_is_stored_with_the_token_under_which_it_was_recorded()
    {
        var connection = await postgres.Server.NewDatabaseAsync(Cancel);
        await using var store = PostgresFixture.Open(PostgresFixture.Options(connection));
        store.Record("lab", Job("RUNNING"), First);
        store.Record("lab", Job("RUNNING") with { Id = new JobId(8) }, Second);

        await using var running = new RunningLedger(store);
        await running.FlushAsync();

        Assert.Equal($"7:{First} 8:{Second}", await ScalarAsync<string>(
            connection, "select string_agg(job_id || ':' || fencing_token, ' ' order by job_id) from job"));
    }

    /// <summary>A database of the first Bridge, which knew no token of jobs.</summary>
    [Fact]
    public async Task Rows_from_before_there_was_a_token_are_read_and_advanced()
    {
        var connection = await postgres.Server.NewDatabaseAsync(Cancel);
        await using (var source = NpgsqlDataSource.Create(connection))
        {
            await new Migrator(source, [MigrationScript.Embedded()[0]]).ApplyAsync(Cancel);
            await using var insert = source.CreateCommand(
                """
                insert into job (cluster, job_id, submit_time, state, flags, reason, name, user_name, account, partition,
                    qos, array_tasks, node_count, cpus, nodes, gpus, gres_detail, restart_count, comment)
                values ('lab', 7, '2026-11-21 04:00Z', 'RUNNING', '{}', '', '', '', '', '', '', '', 1, 1, '', 0, '{}', 0, '')
                """);
            await insert.ExecuteNonQueryAsync(Cancel);
        }

        await using var ledger = Open("new", connection);
        await ledger.FlushAsync();
        Assert.Equal("RUNNING", (await StoredAsync(ledger)).State);
        Record(ledger, First, Job("COMPLETED"));
        await ledger.FlushAsync();
        Assert.Equal("COMPLETED", (await StoredAsync(ledger)).State);
    }

    private static RunningLedger Open(string writer, string connection) =>
        new(PostgresFixture.Options(connection) with { Writer = writer });

    private static void Record(RunningLedger ledger, long token, SlurmJob job) =>
        ledger.Store.Record("lab", job, token);

    private static async Task<SlurmJob> StoredAsync(RunningLedger ledger) =>
        (await ledger.Store.ReadJobAsync("lab", new JobId(7), Cancel))!;

    private static Task<long> TokenAsync(string connection) =>
        ScalarAsync<long>(connection, "select fencing_token from job");

    private static async Task<T> ScalarAsync<T>(string connection, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connection);
        await using var command = source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(Cancel))!;
    }

    private static SlurmJob Job(string state) => new() { Id = new JobId(7), State = state, SubmitTime = Submitted };
}
