using Bridge.ApiServer.Jobs;
using Bridge.ApiServer.Store;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Testing;

namespace Bridge.Adapter.Tests.ApiServer;

public sealed class JobStoreTests
{
    [Fact]
    public void Following_the_events_gives_the_snapshot_whatever_happened()
    {
        var random = new Random(20_261_121);
        var store = Samples.Store(TimeProvider.System, eventsKept: 4_096);
        store.Update([], Samples.Namespaces);
        var followed = new SortedDictionary<StoreKey, string>();
        var at = store.Objects.Current.Revision;
        for (var round = 0; round < 200; round++)
        {
            store.Update(RandomJobs(random), Samples.Namespaces);
            at = Follow(store.Objects, at, followed);
            var snapshot = store.Objects.Current.Objects.ToArray();
            Assert.Equal(snapshot.Select(o => (o.Key, o.Value.Job.State)), followed.Select(f => (f.Key, f.Value)));
            Assert.Equal(at, store.Objects.Current.Revision);
        }
    }

    [Fact]
    public void What_changed_makes_the_objects_and_the_events_that_the_whole_makes()
    {
        var random = new Random(4_712);
        var (whole, store) = (Samples.Store(TimeProvider.System), Samples.Store(TimeProvider.System));
        var known = new Dictionary<JobId, SlurmJob>();
        whole.Update([], Samples.Namespaces);
        store.Update([], Samples.Namespaces);
        for (var round = 0; round < 500; round++)
        {
            var (before, changed) = (new Dictionary<JobId, SlurmJob>(known), new List<SlurmJob>());
            foreach (var job in RandomJobs(random).Where(_ => random.Next(6) == 0))
                changed.Add(known[job.Id] = job);
            JobId[] removed = [.. known.Keys.Where(id => random.Next(20) == 0 && !changed.Exists(c => c.Id == id))];
            foreach (var id in removed)
                known.Remove(id);
            var (atWhole, at) = (whole.Objects.Current.Revision, store.Objects.Current.Revision);

            Assert.Equal(whole.Update(known.Values, Samples.Namespaces), store.Change(changed, removed));
            Assert.Equal(Events(whole.Objects, atWhole), Events(store.Objects, at));
            Assert.Equal(Objects(whole.Objects), Objects(store.Objects));
        }

        static IEnumerable<string> Objects(ObjectStore<ServedJob> store) =>
            store.Current.Objects.Select(Text);

        static string Text(StoredObject<ServedJob>? stored) => $"{stored?.Key} {stored?.Value.Job}";

        static IEnumerable<string> Events(ObjectStore<ServedJob> store, ulong after)
        {
            var events = new StoreEvent<ServedJob>[200];
            var count = store.Read(after, events)!.Value;
            return events.Take(count).Select(e => $"{Text(e.Before)} -> {Text(e.After)}").Order();
        }
    }

    [Fact]
    public void The_last_task_of_an_array_takes_over_the_id_of_the_whole()
    {
        var store = Samples.Store(TimeProvider.System);
        var array = Samples.Pending(10) with { ArrayJobId = new JobId(10), ArrayTasks = "1-2" };
        var last = array with { ArrayTaskId = 2, ArrayTasks = "", State = "RUNNING" };
        store.Update([array], Samples.Namespaces);
        store.Update([last], Samples.Namespaces);

        Assert.Equal(["lab-10-2"], store.Objects.Current.Objects.ToArray().Select(o => o.Key.Name));
    }

    [Fact]
    public void Of_two_submissions_under_one_id_the_later_is_the_job()
    {
        var store = Samples.Store(TimeProvider.System);
        var old = Samples.Running(1) with { State = "CANCELLED" };
        var requeued = Samples.Running(1) with { SubmitTime = Samples.Start.AddHours(1) };

        foreach (var order in (SlurmJob[][])[[old, requeued], [requeued, old], [old, requeued]])
        {
            store.Update(order, Samples.Namespaces);
            Assert.Equal("RUNNING", Assert.Single(store.Objects.Current.Objects.ToArray()).Value.Job.State);
        }
    }

    [Fact]
    public void A_later_life_never_repeats_a_version_of_an_earlier_one()
    {
        var first = Samples.Store(new ManualTime(Samples.Start));
        var second = Samples.Store(new ManualTime(Samples.Start.AddSeconds(1)));
        first.Update([Samples.Running(1)], Samples.Namespaces);
        second.Update([], Samples.Namespaces);
        var (earlier, later) = (first.Objects.Current.Revision, second.Objects.Current.Revision);

        Assert.True(earlier < later);
        Assert.Null(second.Objects.Read(earlier, []));
        Assert.Null(first.Objects.Read(later, []));
    }

    [Fact]
    public void Two_replicas_that_began_in_one_second_do_not_take_each_others_versions()
    {
        var time = new ManualTime(Samples.Start);
        var one = new ServedJobs(time, new Random(1)).Objects;
        var other = new ServedJobs(time, new Random(2)).Objects;

        Assert.Null(other.Read(one.Current.Revision, []));
        Assert.Null(one.Read(other.Current.Revision, []));
    }

    [Fact]
    public void Ten_thousand_unchanged_jobs_cost_next_to_nothing()
    {
        var store = Samples.Store(TimeProvider.System);
        var jobs = Enumerable.Range(1, 10_000).Select(i => Samples.Running((uint)i)).ToList();
        store.Update(jobs, Samples.Namespaces);
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Equal(0, store.Update(jobs, Samples.Namespaces));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000);
    }

    /// <summary>So much is a path of each sorted set; copying an array of all of them would be 800 kB.</summary>
    [Fact]
    public void One_job_that_changed_among_a_hundred_thousand_allocates_less_than_32_kB()
    {
        var store = Samples.Store(TimeProvider.System);
        store.Update(Enumerable.Range(1, 100_000).Select(i => Samples.Running((uint)i)), Samples.Namespaces);
        store.Change([Samples.Running(7) with { State = "SUSPENDED" }], []);
        SlurmJob[] changed = [Samples.Running(70_000) with { State = "COMPLETED" }];
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Equal(1, store.Change(changed, [new JobId(200_000)]));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 32 * 1024);
    }

    [Fact]
    public void A_job_is_shown_where_its_account_is_mapped_to_and_else_in_the_default_namespace()
    {
        var store = Samples.Store(TimeProvider.System);
        store.Update([Samples.Running(1), Samples.Running(2, "unmapped")], Samples.Namespaces);
        Assert.Equal(
            ["slurm/lab-2", "team-vision/lab-1"],
            store.Objects.Current.Objects.ToArray().Select(o => $"{o.Key.Namespace}/{o.Key.Name}").Order());
    }

    [Fact]
    public void A_map_of_the_same_accounts_is_the_same_map()
    {
        var again = Samples.Namespaces with
        {
            ByAccount = new Dictionary<string, string>(Samples.Namespaces.ByAccount),
        };
        Assert.Equal(Samples.Namespaces, again);
        Assert.NotEqual(Samples.Namespaces, again with { Default = "x" });
        Assert.NotEqual(Samples.Namespaces, again with
        {
            ByAccount = new Dictionary<string, string>(again.ByAccount) { ["vision"] = "team-x" },
        });
    }

    private static List<SlurmJob> RandomJobs(Random random) =>
        [.. Enumerable.Range(1, 30).Where(_ => random.Next(3) > 0).Select(i => Samples.Running((uint)i) with
        {
            State = random.Next(2) == 0 ? "RUNNING" : "SUSPENDED",
            Account = random.Next(5) == 0 ? "speech" : "vision",
            SubmitTime = Samples.Start.AddHours(random.Next(8) == 0 ? 1 : 0),
        })];

    internal static ulong Follow(
        ObjectStore<ServedJob> store, ulong after, SortedDictionary<StoreKey, string> followed)
    {
        var batch = new StoreEvent<ServedJob>[7];
        while (store.Read(after, batch) is > 0 and var count)
        {
            foreach (var change in batch.AsSpan(..count))
            {
                Assert.Equal(change.Before is not null, followed.Remove((change.Before ?? change.After)!.Key));
                if (change.After is { } now)
                    followed.Add(now.Key, now.Value.Job.State);
                after = change.Revision;
            }
        }
        return after;
    }
}
