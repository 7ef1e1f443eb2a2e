using Bridge.Control;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Planning;
using Bridge.Ledger;
using Npgsql;

namespace Bridge.Adapter.Tests.Ledger;

public sealed class LedgerFaultTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private const long Term = 1;

    private static readonly DateTimeOffset Now = new(2026, 11, 21, 4, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_is_lost_while_PostgreSQL_restarts()
    {
        await using var server = await PostgresServer.StartNewAsync(Cancel);
        await using var ledger = new RunningLedger(PostgresFixture.Options(await server.NewDatabaseAsync(Cancel)));
        ledger.Store.Record(Entry("node/n0"));
        ledger.Store.Record("lab", Job(1, "RUNNING"), Term);
        await ledger.FlushAsync();

        await server.StopAsync(Cancel);
        for (var i = 1; i <= 50; i++)
            Assert.Equal(StepResult.Done, ledger.Store.Record(Entry($"node/n{i}")));
        ledger.Store.Record("lab", Job(1, "COMPLETED"), Term);
        ledger.Store.Record("lab", Job(2, "PENDING"), Term);
        await ledger.SaysUnavailableAsync();
        await Assert.ThrowsAsync<LedgerUnavailableException>(() => ledger.Store.ReadJobsAsync("lab", Now, 10, Cancel));
        await server.StartAsync(Cancel);
        await ledger.FlushAsync();

        Assert.True(ledger.Store.State.Ready);
        var actions = await ledger.Store.ReadActionsAsync("lab", "", 100, Cancel);
        Assert.Equal(Enumerable.Range(0, 51).Reverse().Select(i => $"node/n{i}"), actions.Select(a => a.Key));
        Assert.Equal("COMPLETED", (await ledger.Store.ReadJobAsync("lab", new JobId(1), Cancel))!.State);
        Assert.Equal("PENDING", (await ledger.Store.ReadJobAsync("lab", new JobId(2), Cancel))!.State);
    }

    [Fact]
    public async Task A_full_queue_says_unavailable_instead_of_dropping()
    {
        var options = PostgresFixture.Options("Host=127.0.0.1;Port=1;Username=x;Database=x;Timeout=1") with
            { QueueLimit = 2 };
        await using var ledger = PostgresFixture.Open(options);

        Assert.Equal(StepResult.Done, ledger.Record(Entry("a")));
        Assert.Equal(StepResult.Done, ledger.Record(Entry("b")));
        var full = Assert.IsType<StepResult.UnavailableResult>(ledger.Record(Entry("c")));

        Assert.Contains("holds back 2 rows", full.Reason, StringComparison.Ordinal);
        Assert.Equal(2, ledger.State.Queued);
    }

    [Fact]
    public async Task A_batch_that_was_stored_but_not_acknowledged_changes_nothing_when_sent_again()
    {
        var options = PostgresFixture.Options(await postgres.Server.NewDatabaseAsync(Cancel));
        for (var attempt = 0; attempt < 2; attempt++)
        {
            // The same writer, starting its sequence anew, sends the same rows: what a replay looks like to the
            // database.
            await using var ledger = new RunningLedger(options);
            ledger.Store.Record(Entry("node/n1"));
            ledger.Store.Record("lab", Job(1, "COMPLETED"), Term);
            await ledger.FlushAsync();
        }

        await using var source = NpgsqlDataSource.Create(options.ConnectionString);
        await using var count = source.CreateCommand(
            "select (select count(*) from action) || ' ' || (select count(*) from job)");
        Assert.Equal("1 1", await count.ExecuteScalarAsync(Cancel));
        await using var changed = source.CreateCommand("select changed_at = first_seen from job");
        Assert.True((bool)(await changed.ExecuteScalarAsync(Cancel))!);
    }

    [Fact]
    public async Task A_row_that_the_database_refuses_does_not_hold_up_the_others()
    {
        await using var ledger = new RunningLedger(
            PostgresFixture.Options(await postgres.Server.NewDatabaseAsync(Cancel)));

        ledger.Store.Record(Entry("good-1"));
        ledger.Store.Record(Entry("bad") with { Result = "Perhaps" });
        ledger.Store.Record(Entry("good-2"));
        ledger.Store.Record("lab", Job(1, "RUNNING") with { Name = "nul\0inside" }, Term);
        await ledger.FlushAsync();

        var actions = await ledger.Store.ReadActionsAsync("lab", "", 10, Cancel);
        Assert.Equal(["good-2", "good-1"], actions.Select(a => a.Key));
        Assert.Equal("nul\uFFFDinside", (await ledger.Store.ReadJobAsync("lab", new JobId(1), Cancel))!.Name);
    }

    [Fact]
    public async Task The_journal_tells_the_step_its_result_and_the_fencing_token()
    {
        await using var ledger = new RunningLedger(
            PostgresFixture.Options(await postgres.Server.NewDatabaseAsync(Cancel)));
        var step = new DrainNodes(
            new ObjectRef("Node", "", "n1"), "Node n1 is cordoned", [new NodeName("n1")], "bridge: cordoned");

        ledger.Store.Record(ActionEntry.Of(step, StepResult.Rejected("no such node"), "lab", Now, fencingToken: 12));
        await ledger.FlushAsync();

        var entry = Assert.Single(await ledger.Store.ReadActionsAsync("lab", step.Key, 10, Cancel));
        Assert.Equal(
            new ActionEntry
            {
                At = Now, Cluster = "lab", Key = "drain/bridge: cordoned", Kind = "DrainNodes", About = "Node/n1",
                Why = "Node n1 is cordoned", Result = "Rejected", Detail = "no such node", FencingToken = 12,
            },
            entry);
    }

    private static ActionEntry Entry(string key) =>
        new() { At = Now, Cluster = "lab", Key = key, Kind = "CreatePod", Why = "because", Result = "Done",
            FencingToken = 1 };

    private static SlurmJob Job(uint id, string state) => new() { Id = new JobId(id), State = state, SubmitTime = Now };
}
