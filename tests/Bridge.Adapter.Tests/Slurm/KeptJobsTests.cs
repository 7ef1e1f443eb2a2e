using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Slurm.Reading;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bridge.Adapter.Tests.Slurm;

public sealed class KeptJobsTests
{
    private readonly KeptJobs jobs = new(NullLogger.Instance);

    [Fact]
    public void Whatever_is_put_or_removed_is_among_the_changes_and_nothing_else()
    {
        var random = new Random(1);
        jobs.Put(Job(1));
        var (before, seen) = (jobs.Content, jobs.Changes());
        for (var round = 0; round < 500; round++)
        {
            for (var i = random.Next(4); i > 0; i--)
                if (random.Next(3) == 0)
                    jobs.Remove(new JobId((uint)random.Next(20)));
                else
                    jobs.Put(Job((uint)random.Next(20)) with { State = random.Next(2) == 0 ? "RUNNING" : "FAILED" });
            var (after, changes) = (jobs.Content, jobs.Changes());
            var delta = changes.Since(seen)!;
            var differ = before.Keys.Union(after.Keys)
                .Where(id => before.GetValueOrDefault(id) != after.GetValueOrDefault(id));
            Assert.Empty(differ.Except(delta.Ids));
            Assert.Empty(before.Keys.Except(after.Keys).Except(delta.Left.Select(j => j.Id)));
            if (ReferenceEquals(before, after))
                Assert.Same(seen, changes);
            (before, seen) = (after, changes);
        }
    }

    [Fact]
    public void The_same_record_read_again_is_no_change()
    {
        jobs.Put(Job(1) with { Flags = ["COMPLETING"] });
        var changes = jobs.Changes();
        jobs.Put(Job(1) with { Flags = ["COMPLETING"] });
        jobs.Remove(new JobId(2));
        Assert.Same(changes, jobs.Changes());
    }

    [Fact]
    public void A_submission_that_another_one_follows_is_told_as_it_was_last()
    {
        jobs.Put(Job(1) with { State = "COMPLETED" });
        var seen = jobs.Changes();
        jobs.Put(Job(1) with { SubmitTime = DateTimeOffset.UnixEpoch.AddHours(1) });
        Assert.Equal("COMPLETED", Assert.Single(jobs.Changes().Since(seen)!.Left).State);
    }

    private static SlurmJob Job(uint id) =>
        new() { Id = new JobId(id), State = "RUNNING", SubmitTime = DateTimeOffset.UnixEpoch };
}
