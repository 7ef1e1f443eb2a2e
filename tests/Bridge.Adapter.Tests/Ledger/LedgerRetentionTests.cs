using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Ledger;
using Bridge.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bridge.Adapter.Tests.Ledger;

public sealed class LedgerRetentionTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private const long Term = 1;

    private static readonly TimeSpan Kept = TimeSpan.FromDays(30);
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();
    private static readonly DateTimeOffset Recently = Now - Kept + TimeSpan.FromHours(1);
    private static readonly DateTimeOffset LongAgo = Now - Kept - TimeSpan.FromHours(1);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_done_longer_ago_than_it_is_kept_is_deleted()
    {
        await using var ledger = await NewAsync();
        ledger.Store.Record(Step("old", LongAgo));
        ledger.Store.Record(Step("new", Recently));
        ledger.Store.Record(Step("refused for a month", LongAgo) with { Result = "Rejected" });
        ledger.Store.Record(Step("refused for a month", Recently) with { Result = "Rejected" });
        await ledger.FlushAsync();

        Assert.Equal((1, 0), await PruneAsync(ledger, new(Kept, null)));
        Assert.Equal((0, 0), await PruneAsync(ledger, new(Kept, null)));

        var left = await ledger.Store.ReadActionsAsync("lab", "", 10, Cancel);
        Assert.Equal(["refused for a month", "new"], left.Select(a => a.Key));
    }

    [Fact]
    public async Task A_job_is_deleted_so_long_after_its_end_and_never_before_it()
    {
        await using var ledger = await NewAsync();
        ledger.Store.Record("lab", Job(1, "COMPLETED") with { EndTime = LongAgo }, Term);
        ledger.Store.Record("lab", Job(2, "COMPLETED") with { EndTime = Recently }, Term);
        ledger.Store.Record("lab", Job(3, "RUNNING") with { StartTime = LongAgo }, Term);
        // How it ended is not known; that it has, was seen now.
        ledger.Store.Record("lab", Job(4, "CANCELLED"), Term);
        await ledger.FlushAsync();

        Assert.Equal((0, 1), await PruneAsync(ledger, new(null, Kept)));

        var left = await ledger.Store.ReadJobsAsync("lab", LongAgo - Kept, 10, Cancel);
        Assert.Equal([2u, 3u, 4u], left.Select(j => j.Id.Value).Order());
    }

    [Fact]
    public async Task What_is_kept_for_ever_is_never_deleted()
    {
        await using var ledger = await NewAsync();
        ledger.Store.Record(Step("old", Now.AddYears(-50)));
        ledger.Store.Record("lab", Job(1, "COMPLETED") with { EndTime = Now.AddYears(-50) }, Term);
        await ledger.FlushAsync();

        Assert.Equal((0, 0), await PruneAsync(ledger, new(null, null)));
    }

    [Fact]
    public async Task It_is_deleted_in_batches_and_not_beyond_the_one_after_which_it_may_not()
    {
        await using var ledger = await NewAsync(batch: 10);
        for (var i = 0; i < 35; i++)
            ledger.Store.Record(Step($"n{i}", LongAgo));
        await ledger.FlushAsync();

        var asked = 0;
        Assert.Equal((20, 0), await ledger.Store.PruneAsync(new(Kept, Kept), () => ++asked <= 2, Cancel));
        Assert.Equal((15, 0), await PruneAsync(ledger, new(Kept, Kept)));
    }

    [Fact]
    public async Task A_clock_that_was_set_forward_deletes_nothing_that_is_new()
    {
        var options = PostgresFixture.Options(await postgres.Server.NewDatabaseAsync(Cancel));
        await using var ledger = new RunningLedger(
            new LedgerStore(options, new ManualTime(Now.AddYears(10)), NullLogger<LedgerStore>.Instance));
        ledger.Store.Record(Step("new", Recently));
        await ledger.FlushAsync();

        Assert.Equal((0, 0), await PruneAsync(ledger, new(Kept, Kept)));
    }

    private static Task<(int Actions, int Jobs)> PruneAsync(RunningLedger ledger, LedgerRetention keep) =>
        ledger.Store.PruneAsync(keep, () => true, Cancel);

    private async Task<RunningLedger> NewAsync(int batch = 1000) => new(
        PostgresFixture.Options(await postgres.Server.NewDatabaseAsync(Cancel)) with { BatchSize = batch });

    private static ActionEntry Step(string key, DateTimeOffset at) => new()
    {
        At = at, Cluster = "lab", Key = key, Kind = "CreatePod", Why = "because", Result = "Done", FencingToken = Term,
    };

    private static SlurmJob Job(uint id, string state) =>
        new() { Id = new JobId(id), State = state, SubmitTime = LongAgo };
}
