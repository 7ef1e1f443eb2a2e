using Bridge.Core.Model;
using Bridge.Core.Names;

namespace Bridge.Adapter.Tests.Ledger;

/// <summary>
/// squeue tells no exit code and accounting no GPUs: what one read knew, another that does not tell it must not take
/// away.
/// </summary>
public sealed class LedgerSparseTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private const long Term = 1;

    private static readonly DateTimeOffset Submitted = new(2026, 11, 21, 4, 0, 0, TimeSpan.Zero);

    private static readonly SlurmJob Sparse =
        new() { Id = new JobId(7), State = "FAILED", SubmitTime = Submitted };

    private static readonly SlurmJob Full = Sparse with
    {
        StartTime = Submitted.AddMinutes(1), EndTime = Submitted.AddMinutes(5), ExitCode = 1,
        GresDetail = ["gpu:h100:4(IDX:0-3)"],
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_known_of_a_job_is_kept_when_it_is_not_told_again(bool bothQueued)
    {
        var stored = await AfterAsync(bothQueued, Full, Sparse with { Comment = "read by squeue" });
        Assert.Equal("read by squeue", stored.Comment);
        Assert.Equal(
            (Full.StartTime, Full.EndTime, Full.ExitCode, Full.ExitSignal),
            (stored.StartTime, stored.EndTime, stored.ExitCode, stored.ExitSignal));
        Assert.Equal(Full.GresDetail, stored.GresDetail);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_told_anew_replaces_what_was_known(bool bothQueued)
    {
        var told = Full with { EndTime = Submitted.AddMinutes(6), ExitCode = 2, GresDetail = ["gpu:h100:1(IDX:7)"] };
        var stored = await AfterAsync(bothQueued, Full, told);
        Assert.Equal((told.EndTime, told.ExitCode), (stored.EndTime, stored.ExitCode));
        Assert.Equal(told.GresDetail, stored.GresDetail);
    }

    /// <summary>Slurm tells either a code or a signal: one beside the other's old value was never true.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_exit_code_and_a_signal_of_two_reads_are_not_mixed(bool bothQueued)
    {
        var stored = await AfterAsync(bothQueued, Full, Sparse with { ExitSignal = 9 });
        Assert.Equal((null, 9), (stored.ExitCode, stored.ExitSignal));
    }

    /// <summary>A restarted job begins anew: its earlier run is no knowledge of this one.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_restarted_job_keeps_nothing_of_its_earlier_run(bool bothQueued)
    {
        var running = Full with { State = "RUNNING", EndTime = null, ExitCode = null };
        var stored = await AfterAsync(bothQueued, running, Sparse with { State = "PENDING", RestartCount = 1 });
        Assert.Equal(("PENDING", null), (stored.State, stored.StartTime));
        Assert.Empty(stored.GresDetail);
    }

    private async Task<SlurmJob> AfterAsync(bool bothQueued, SlurmJob first, SlurmJob second)
    {
        var store = PostgresFixture.Open(PostgresFixture.Options(await postgres.Server.NewDatabaseAsync(Cancel)));
        var ledger = bothQueued ? null : new RunningLedger(store);
        store.Record("lab", first, Term);
        await (ledger?.FlushAsync() ?? Task.CompletedTask);
        store.Record("lab", second, Term);
        await using var running = ledger ?? new RunningLedger(store);
        await running.FlushAsync();
        return (await store.ReadJobAsync("lab", new JobId(7), Cancel))!;
    }
}
