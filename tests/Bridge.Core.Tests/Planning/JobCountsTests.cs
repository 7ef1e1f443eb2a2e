using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Planning;
using Bridge.Core.View;

namespace Bridge.Core.Tests.Planning;

public sealed class JobCountsTests
{
    private static readonly string[] States = ["PENDING", "RUNNING", "SUSPENDED", "COMPLETED"];
    private static readonly string[] Partitions = ["gpu", "debug", "gpu,debug"];

    [Fact]
    public void Counting_what_changed_gives_what_counting_all_gives()
    {
        var random = new Random(4_711);
        var memory = new PlanMemory();
        var view = new SlurmView { JobChanges = new() };
        for (var round = 0; round < 500; round++)
        {
            view = Change(view, random);
            if (random.Next(3) == 0)
                continue; // a plan may pass views over
            var (counted, whole) = (JobCounts.Of(view, memory), JobCounts.Of(view, new PlanMemory()));
            Assert.Equal((whole.Running, whole.Pending), (counted.Running, counted.Pending));
            foreach (var partition in (string[])["gpu", "debug"])
                Assert.Equal(
                    (whole.RunningIn(partition), whole.PendingIn(partition)),
                    (counted.RunningIn(partition), counted.PendingIn(partition)));
        }
    }

    [Fact]
    public void A_waiting_array_asks_for_as_many_as_it_has_tasks()
    {
        var (array, running) = (new JobId(1), new JobId(2));
        var jobs = new SlurmView().JobsById
            .Add(array, Job(array, "PENDING", "gpu") with { Tasks = 100, ArrayTasks = "0-99" })
            .Add(running, Job(running, "RUNNING", "gpu"));
        var counts = JobCounts.Of(new SlurmView { JobsById = jobs }, new PlanMemory());
        Assert.Equal((1, 100), (counts.Running, counts.Pending));
        Assert.Equal((1, 100), (counts.RunningIn("gpu"), counts.PendingIn("gpu")));
    }

    [Fact]
    public void One_job_among_many_is_counted_without_a_walk_over_all()
    {
        var jobs = Enumerable.Range(1, 10_000).Select(i => Job(new JobId((uint)i), "RUNNING", $"p{i}"));
        var view = new SlurmView
        {
            JobsById = new SlurmView().JobsById.AddRange(jobs.Select(j => KeyValuePair.Create(j.Id, j))),
            JobChanges = new JobChanges().Next(JobDelta.None),
        };
        var memory = new PlanMemory();
        JobCounts.Of(view, memory);
        var wrong = new JobId(500);
        var next = view with
        {
            // Nobody says that this job changed too: only a walk over all would find it.
            JobsById = view.JobsById.SetItem(wrong, Job(wrong, "COMPLETED", "p500"))
                .SetItem(new JobId(7), Job(new JobId(7), "COMPLETED", "p7")),
            JobChanges = view.JobChanges.Next(new JobDelta([new JobId(7)], [])),
        };

        Assert.Equal(9_999, JobCounts.Of(next, memory).Running);
    }

    private static SlurmView Change(SlurmView view, Random random)
    {
        var jobs = view.JobsById.ToBuilder();
        var ids = new HashSet<JobId>();
        for (var i = random.Next(4); i >= 0; i--)
        {
            var id = new JobId((uint)random.Next(40));
            ids.Add(id);
            jobs.Remove(id);
            var job = Job(id, States[random.Next(4)], Partitions[random.Next(3)]);
            if (random.Next(4) > 0)
                jobs.Add(id, job with { Tasks = random.Next(1, 9) });
        }
        return view with
        {
            JobsById = jobs.ToImmutable(),
            JobChanges = view.JobChanges.Next(new JobDelta([.. ids], [])),
        };
    }

    private static SlurmJob Job(JobId id, string state, string partition) =>
        new() { Id = id, State = state, Partition = partition };
}
