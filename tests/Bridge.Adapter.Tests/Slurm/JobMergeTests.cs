using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Slurm.Reading;
using Bridge.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bridge.Adapter.Tests.Slurm;

public sealed class JobMergeTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_finished_job_stays_finished_however_late_an_older_answer_comes()
    {
        var done = Job("COMPLETED");
        Assert.Same(done, JobMerge.Merge(done, Job("RUNNING")));
        Assert.Same(done, JobMerge.Merge(done, new SlurmJob { Id = done.Id, State = "PENDING" }));
    }

    [Fact]
    public void A_requeued_job_starts_over()
    {
        var again = Job("PENDING") with { SubmitTime = Noon.AddMinutes(5), RestartCount = 1 };
        Assert.Same(again, JobMerge.Merge(Job("NODE_FAIL"), again));
        Assert.Same(again, JobMerge.Merge(again, Job("NODE_FAIL")));
    }

    [Fact]
    public void A_new_submission_counts_though_the_text_client_tells_no_restarts()
    {
        var before = Job("NODE_FAIL") with { RestartCount = 1 };
        var again = Job("PENDING") with { SubmitTime = Noon.AddMinutes(5) };
        Assert.Same(again, JobMerge.Merge(before, again));
        Assert.Same(before, JobMerge.Merge(before, Job("RUNNING")));
    }

    [Fact]
    public void An_end_told_by_accounting_keeps_the_GPU_indices_that_the_controller_told()
    {
        var ran = Job("RUNNING") with { GresDetail = ["gpu:h100:2(IDX:0-1)"] };
        Assert.Equal(["gpu:h100:2(IDX:0-1)"], JobMerge.Merge(ran, Job("COMPLETED")).GresDetail);
    }

    [Fact]
    public void Of_several_accounting_records_the_end_of_the_latest_submission_counts()
    {
        var lost = Job("RUNNING") with { SubmitTime = Noon.AddMinutes(5) };
        var first = Job("NODE_FAIL");
        var second = Job("COMPLETED") with { SubmitTime = Noon.AddMinutes(5) };
        Assert.Same(second, JobMerge.Ended(lost, [first, second]));
        Assert.Null(JobMerge.Ended(lost, [first]));
        Assert.Null(JobMerge.Ended(lost, [second with { State = "RUNNING" }, second with { Id = new JobId(8) }]));
    }

    [Fact]
    public void Old_ends_leave_the_view_and_living_jobs_never_do()
    {
        SlurmJob[] jobs =
        [
            Job("RUNNING") with { Id = new JobId(1) },
            Job("COMPLETED") with { Id = new JobId(2), EndTime = Noon },
            Job("COMPLETED") with { Id = new JobId(3), EndTime = Noon.AddMinutes(50) },
            Job("FAILED") with { Id = new JobId(4), EndTime = Noon.AddMinutes(55) },
        ];
        var kept = new KeptJobs(NullLogger.Instance);
        foreach (var job in jobs)
            kept.Put(job);
        kept.Expire(Noon.AddMinutes(61), TimeSpan.FromHours(1), 100);
        Assert.Equal([1u, 3u, 4u], kept.Content.Keys.Select(id => id.Value).Order());
        kept.Expire(Noon.AddMinutes(56), TimeSpan.FromHours(1), 1);
        Assert.Equal([1u, 4u], kept.Content.Keys.Select(id => id.Value).Order());
        kept.Put(Job("RUNNING") with { Id = new JobId(4), SubmitTime = Noon.AddHours(1) });
        kept.Expire(Noon.AddDays(1), TimeSpan.FromHours(1), 0);
        Assert.Equal([1u, 4u], kept.Content.Keys.Select(id => id.Value).Order());
    }

    [Fact]
    public void A_dear_read_is_paid_back_before_the_next()
    {
        var time = new ManualTime();
        var budget = new ReadBudget(0.05, time);
        Assert.True(budget.Allows);
        budget.SpendText(TimeSpan.FromSeconds(4), 1); // two seconds of credit were there
        Assert.False(budget.Allows);
        time.Advance(TimeSpan.FromSeconds(39));
        Assert.False(budget.Allows);
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(budget.Allows);
        time.Advance(TimeSpan.FromDays(1));
        budget.SpendText(TimeSpan.FromSeconds(2.1), 1); // credit does not pile up
        Assert.False(budget.Allows);
    }

    private static SlurmJob Job(string state) => new() { Id = new JobId(7), State = state, SubmitTime = Noon };
}
