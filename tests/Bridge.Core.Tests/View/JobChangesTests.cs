using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.View;

namespace Bridge.Core.Tests.View;

public sealed class JobChangesTests
{
    private readonly Dictionary<JobId, SlurmJob> jobs = [];
    private JobChanges changes = new();

    [Fact]
    public void Who_passes_contents_over_and_walks_what_changed_knows_all()
    {
        var random = new Random(20_261_127);
        var seen = changes;
        var copy = new Dictionary<JobId, SlurmJob>();
        var walkedAll = 0;
        for (var round = 0; round < 2_000; round++)
        {
            Change(random, 1 + random.Next(5));
            if (random.Next(40) > 0)
                continue; // this one is passed over
            if (changes.Since(seen) is not { } delta)
            {
                (copy, walkedAll) = (new(jobs), walkedAll + 1);
                seen = changes;
                continue;
            }
            Assert.Distinct(delta.Ids);
            foreach (var id in delta.Ids)
                if (jobs.TryGetValue(id, out var job))
                    copy[id] = job;
                else
                    copy.Remove(id);
            seen = changes;
            Assert.Equal(jobs.OrderBy(j => j.Key), copy.OrderBy(j => j.Key));
        }
        Assert.InRange(walkedAll, 2, 25);
    }

    [Fact]
    public void An_end_that_came_and_went_between_two_looks_is_told()
    {
        Put(Job(1));
        var seen = changes;
        Put(Job(1) with { State = "COMPLETED" });
        Remove(new JobId(1));
        Put(Job(2));

        var delta = changes.Since(seen)!;
        Assert.Equal([1u, 2u], delta.Ids.Select(i => i.Value).Order());
        Assert.Equal("COMPLETED", Assert.Single(delta.Left).State);
    }

    [Fact]
    public void Nothing_is_said_of_another_reader_of_what_was_not_seen_and_of_what_nobody_counts()
    {
        Put(Job(1));
        var other = new JobChanges().Next(new JobDelta([new JobId(7)], []));
        Assert.Null(changes.Since(other));
        Assert.Null(changes.Since(null));
        Assert.Null(changes.Since(new JobChanges()));
        Assert.Null(JobChanges.Uncounted.Since(JobChanges.Uncounted));
        Assert.Same(JobDelta.None, changes.Since(changes));
    }

    [Fact]
    public void Of_the_past_so_much_is_kept_and_no_more()
    {
        var steps = new List<JobChanges>();
        for (var i = 0u; i <= JobChanges.MostContents; i++)
        {
            Put(Job(i));
            steps.Add(changes);
        }
        Assert.NotNull(changes.Since(steps[0]));
        Put(Job(1_000));
        Assert.Null(changes.Since(steps[0]));

        var before = changes;
        changes = changes.Next(new JobDelta([.. Ids(JobChanges.MostIds)], []));
        Assert.NotNull(changes.Since(before));
        Assert.Null(changes.Since(steps[^1]));
        var whole = changes;
        changes = changes.Next(new JobDelta([.. Ids(JobChanges.MostIds + 1)], []));
        Assert.Null(changes.Since(whole));
        Assert.Same(JobDelta.None, changes.Since(changes));
    }

    private void Change(Random random, int count)
    {
        var ids = new HashSet<JobId>();
        var left = new List<SlurmJob>();
        while (ids.Count < count)
        {
            var id = new JobId((uint)random.Next(60));
            if (!ids.Add(id))
                continue;
            if (jobs.Remove(id, out var job))
                left.Add(job);
            if (random.Next(3) > 0)
                jobs[id] = Job(id.Value) with { Reason = $"{random.Next(1000)}" };
        }
        changes = changes.Next(new JobDelta([.. ids], [.. left]));
    }

    private void Put(SlurmJob job)
    {
        jobs[job.Id] = job;
        changes = changes.Next(new JobDelta([job.Id], []));
    }

    private void Remove(JobId id)
    {
        jobs.Remove(id, out var job);
        changes = changes.Next(new JobDelta([id], [job!]));
    }

    private static IEnumerable<JobId> Ids(int count) => Enumerable.Range(1, count).Select(i => new JobId((uint)i));

    private static SlurmJob Job(uint id) => new() { Id = new JobId(id), State = "RUNNING" };
}
