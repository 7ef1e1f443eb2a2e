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
        var followed = new SortedDictionary<ObjectKey, string>();
        var at = store.Objects.Current.Revision;
        for (var round = 0; round < 200; round++)
        {
            store.Update(RandomJobs(random), Samples.Namespaces);
            at = Follow(store.Objects, at, followed);
            var snapshot = store.Objects.Current.Objects.ToArray();
            Assert.Equal(snapshot.Select(o => (o.Key, o.Value.Status.State)), followed.Select(f => (f.Key, f.Value)));
            Assert.Equal(at, store.Objects.Current.Revision);
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
            Assert.Equal("RUNNING", Assert.Single(store.Objects.Current.Objects.ToArray()).Value.Status.State);
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
        ObjectStore<SlurmJobObject> store, ulong after, SortedDictionary<ObjectKey, string> followed)
    {
        var batch = new StoreEvent<SlurmJobObject>[7];
        while (store.Read(after, batch) is > 0 and var count)
        {
            foreach (var change in batch.AsSpan(..count))
            {
                Assert.Equal(change.Before is not null, followed.Remove((change.Before ?? change.After)!.Key));
                if (change.After is { } now)
                    followed.Add(now.Key, now.Value.Status.State);
                after = change.Revision;
            }
        }
        return after;
    }
}
