using Bridge.Control;
using Bridge.Core.Model;
using Bridge.Core.Names;

namespace Bridge.Adapter.Tests.Ledger;

public sealed class LedgerJobTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private const long Term = 1;

    private static readonly DateTimeOffset Submitted = new(2026, 11, 21, 4, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_field_of_a_job_comes_back_as_it_was_recorded()
    {
        await using var ledger = await NewAsync();
        var job = Full();

        Assert.Equal(StepResult.Done, ledger.Store.Record("lab", job, Term));
        await ledger.FlushAsync();

        var stored = await ledger.Store.ReadJobAsync("lab", job.Id, Cancel);
        Assert.NotNull(stored);
        AssertSame(job, stored);
    }

    [Fact]
    public async Task A_job_without_optional_fields_comes_back_without_them()
    {
        await using var ledger = await NewAsync();
        var job = Job(1, "PENDING");

        ledger.Store.Record("lab", job, Term);
        await ledger.FlushAsync();

        AssertSame(job, (await ledger.Store.ReadJobAsync("lab", job.Id, Cancel))!);
    }

    [Fact]
    public async Task A_job_that_ended_is_still_there_for_the_next_Bridge()
    {
        var connection = await postgres.Server.NewDatabaseAsync(Cancel);
        await using (var first = new RunningLedger(PostgresFixture.Options(connection)))
        {
            first.Store.Record("lab", Ended(7, "COMPLETED", minutes: 5), Term);
            await first.FlushAsync();
        }

        await using var second = new RunningLedger(PostgresFixture.Options(connection));
        await second.FlushAsync();
        var jobs = await second.Store.ReadJobsAsync("lab", Submitted, 10, Cancel);

        Assert.Equal([7u], jobs.Select(j => j.Id.Value));
        Assert.Equal("COMPLETED", jobs[0].State);
    }

    [Theory]
    [InlineData("RUNNING", 0, "PENDING", 0, "RUNNING")]
    [InlineData("RUNNING", 0, "PENDING", 1, "PENDING")]
    [InlineData("SUSPENDED", 0, "RUNNING", 0, "RUNNING")]
    [InlineData("COMPLETED", 0, "RUNNING", 0, "COMPLETED")]
    [InlineData("COMPLETED", 0, "RUNNING", 1, "COMPLETED")]
    [InlineData("CANCELLED", 0, "TIMEOUT", 0, "TIMEOUT")]
    public async Task A_state_goes_forward_only(
        string before, int restarts, string after, int restartsAfter, string expected)
    {
        await using var ledger = await NewAsync();

        ledger.Store.Record("lab", Job(3, before) with { RestartCount = restarts }, Term);
        await ledger.FlushAsync();
        ledger.Store.Record("lab", Job(3, after) with { RestartCount = restartsAfter }, Term);
        await ledger.FlushAsync();
        Assert.Equal(expected, (await ledger.Store.ReadJobAsync("lab", new JobId(3), Cancel))!.State);

        // The same order, but both in the queue at once.
        ledger.Store.Record("lab", Job(4, before) with { RestartCount = restarts }, Term);
        ledger.Store.Record("lab", Job(4, after) with { RestartCount = restartsAfter }, Term);
        await ledger.FlushAsync();
        Assert.Equal(expected, (await ledger.Store.ReadJobAsync("lab", new JobId(4), Cancel))!.State);
    }

    [Fact]
    public async Task A_requeued_job_is_a_second_row_and_the_first_keeps_its_end()
    {
        await using var ledger = await NewAsync();

        ledger.Store.Record("lab", Ended(5, "NODE_FAIL", minutes: 1), Term);
        ledger.Store.Record("lab", Job(5, "PENDING") with { SubmitTime = Submitted.AddMinutes(2) }, Term);
        await ledger.FlushAsync();

        var jobs = await ledger.Store.ReadJobsAsync("lab", Submitted, 10, Cancel);
        Assert.Equal(["PENDING", "NODE_FAIL"], jobs.Select(j => j.State));
        Assert.Equal("PENDING", (await ledger.Store.ReadJobAsync("lab", new JobId(5), Cancel))!.State);
    }

    [Fact]
    public async Task Clusters_do_not_see_each_others_jobs()
    {
        await using var ledger = await NewAsync();

        ledger.Store.Record("a", Job(1, "RUNNING"), Term);
        ledger.Store.Record("b", Job(1, "PENDING"), Term);
        await ledger.FlushAsync();

        Assert.Equal("RUNNING", Assert.Single(await ledger.Store.ReadJobsAsync("a", Submitted, 10, Cancel)).State);
        Assert.Equal("PENDING", Assert.Single(await ledger.Store.ReadJobsAsync("b", Submitted, 10, Cancel)).State);
    }

    [Fact]
    public async Task Reading_leaves_out_what_ended_earlier_and_keeps_the_limit()
    {
        await using var ledger = await NewAsync();

        ledger.Store.Record("lab", Ended(1, "COMPLETED", minutes: 1), Term);
        ledger.Store.Record("lab", Ended(2, "COMPLETED", minutes: 10), Term);
        ledger.Store.Record("lab", Job(3, "RUNNING"), Term);
        await ledger.FlushAsync();

        var recent = await ledger.Store.ReadJobsAsync("lab", Submitted.AddMinutes(5), 10, Cancel);
        Assert.Equal([3u, 2u], recent.Select(j => j.Id.Value));
        var newest = await ledger.Store.ReadJobsAsync("lab", Submitted, 1, Cancel);
        Assert.Equal([3u, 2u], newest.Select(j => j.Id.Value));
    }

    [Fact]
    public async Task A_job_without_a_submit_time_or_state_is_rejected_by_name()
    {
        await using var ledger = await NewAsync();

        var noTime = Assert.IsType<StepResult.RejectedResult>(
            ledger.Store.Record("lab", Job(9, "RUNNING") with { SubmitTime = null }, Term));
        var noState = Assert.IsType<StepResult.RejectedResult>(ledger.Store.Record("lab", Job(9, ""), Term));

        Assert.Contains("job 9 has no submit time", noTime.Reason, StringComparison.Ordinal);
        Assert.Contains("job 9 has no state", noState.Reason, StringComparison.Ordinal);
    }

    private static void AssertSame(SlurmJob expected, SlurmJob actual)
    {
        Assert.Equal(expected.Flags, actual.Flags);
        Assert.Equal(expected.GresDetail, actual.GresDetail);
        Assert.Equal(expected with { Flags = [], GresDetail = [] }, actual with { Flags = [], GresDetail = [] });
    }

    private async Task<RunningLedger> NewAsync() =>
        new(PostgresFixture.Options(await postgres.Server.NewDatabaseAsync(Cancel)));

    private static SlurmJob Job(uint id, string state) =>
        new() { Id = new JobId(id), State = state, SubmitTime = Submitted };

    private static SlurmJob Ended(uint id, string state, int minutes) =>
        Job(id, state) with { StartTime = Submitted, EndTime = Submitted.AddMinutes(minutes), ExitCode = 0 };

    private static SlurmJob Full() => new()
    {
        Id = new JobId(uint.MaxValue),
        State = "RUNNING",
        Flags = ["COMPLETING", "CONFIGURING"],
        Reason = "None",
        Name = "train \"x\"",
        User = "alice",
        Account = "physics",
        Partition = "gpu",
        Qos = "normal",
        ArrayJobId = new JobId(41),
        ArrayTaskId = 3,
        ArrayTasks = "4-9%2",
        HetJobId = new JobId(40),
        HetOffset = 1,
        NodeCount = 2,
        Cpus = 8,
        Nodes = "n[1-2]",
        Gpus = 8,
        GresDetail = ["gpu:h100:4(IDX:0-3)", "gpu:h100:4(IDX:4-7)"],
        SubmitTime = Submitted,
        StartTime = Submitted.AddSeconds(1),
        EndTime = Submitted.AddHours(1),
        TimeLimitMinutes = 60,
        ExitCode = 3,
        ExitSignal = 9,
        RestartCount = 2,
        Comment = "grüße",
    };
}
