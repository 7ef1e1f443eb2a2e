using Bridge.Adapter.Tests.ApiServer;
using Bridge.ApiServer.Jobs;
using Bridge.ApiServer.Store;
using Bridge.Core.Model;
using Bridge.Core.View;
using Bridge.Daemon.Jobs;
using Bridge.Testing;

namespace Bridge.Adapter.Tests.Daemon;

public sealed class JobPublisherTests
{
    private readonly ManualTime time = new(Samples.Start);
    private readonly CountedJobs slurm = new(Samples.Start);
    private readonly JobStore store = Samples.Store(TimeProvider.System);

    /// <summary>One is shown every read and walks all; the other passes reads over and walks what changed.</summary>
    [Fact]
    public void What_changed_shows_what_all_shows_whatever_happened()
    {
        var random = new Random(20_261_127);
        var whole = Samples.Store(TimeProvider.System);
        var (walker, publisher) = (new JobPublisher(whole, [], time), Publisher());
        var where = Samples.Namespaces;
        var followed = new SortedDictionary<StoreKey, string>();
        var at = store.Objects.Current.Revision;
        for (var round = 0; round < 1_500; round++)
        {
            Change(random);
            time.Advance(TimeSpan.FromMinutes(random.Next(20)));
            if (random.Next(100) == 0)
                where = where with { Default = $"ns{random.Next(3)}" };
            walker.Publish(slurm.View() with { JobChanges = JobChanges.Uncounted }, where);
            if (random.Next(3) > 0)
                continue;
            publisher.Publish(slurm.View(), where);
            Assert.Equal(Shown(whole), Shown(store));
            at = JobStoreTests.Follow(store.Objects, at, followed);
            Assert.Equal(Shown(store), followed.Select(f => $"{f.Key} {f.Value}"));
        }
    }

    [Fact]
    public void A_job_that_Slurm_has_forgotten_is_shown_for_a_day()
    {
        var publisher = Publisher(Ended(1) with { EndTime = Samples.Start.AddHours(-23) });
        Publish(publisher, slurm.Put(Ended(2), Samples.Running(3)).View());
        Publish(publisher, slurm.Remove(2, 3).View());
        Assert.Equal(["team-vision/lab-1 COMPLETED", "team-vision/lab-2 COMPLETED"], Shown(store));

        time.Advance(TimeSpan.FromHours(2));
        Publish(publisher, slurm.View());
        Assert.Equal(["team-vision/lab-2 COMPLETED"], Shown(store));
        time.Advance(TimeSpan.FromHours(23));
        Publish(publisher, slurm.View());
        Assert.Empty(Shown(store));
    }

    [Fact]
    public void An_end_that_came_and_went_between_two_looks_is_shown()
    {
        var publisher = Publisher();
        Publish(publisher, slurm.Put(Samples.Running(1)).View());
        slurm.Put(Ended(1)).View();
        Publish(publisher, slurm.Remove(1).View());
        Assert.Equal(["team-vision/lab-1 COMPLETED"], Shown(store));
    }

    [Fact]
    public void A_job_that_Slurm_knows_again_is_shown_as_Slurm_has_it()
    {
        var publisher = Publisher(Ended(1));
        Publish(publisher, slurm.Put(Samples.Running(1)).View());
        Assert.Equal(["team-vision/lab-1 RUNNING"], Shown(store));
        Publish(publisher, slurm.Put(Ended(1)).Remove(1).View());
        Publish(publisher, slurm.Put(Samples.Running(1) with { SubmitTime = Samples.Start.AddHours(1) }).View());
        Assert.Equal(["team-vision/lab-1 RUNNING"], Shown(store));
    }

    [Fact]
    public void Of_very_many_ended_jobs_the_newest_are_shown()
    {
        var ended = Enumerable.Range(1, EndedJobs.AtMost + 5)
            .Select(i => Ended((uint)i) with { EndTime = Samples.Start.AddSeconds(i) });
        var publisher = Publisher([.. ended]);
        Publish(publisher, slurm.View());
        Assert.Equal(EndedJobs.AtMost, Shown(store).Count);
        Assert.Equal("team-vision/lab-6 COMPLETED", Shown(store)[0]);

        var last = Ended(900_000) with { EndTime = Samples.Start.AddHours(20) };
        Publish(publisher, slurm.Put(last).View());
        Publish(publisher, slurm.Remove(900_000).View());
        Assert.Equal(EndedJobs.AtMost, Shown(store).Count);
        Assert.Equal("team-vision/lab-7 COMPLETED", Shown(store)[0]);
    }

    [Fact]
    public void What_cannot_be_read_stays_with_a_warning_until_the_same_jobs_are_read_again()
    {
        var publisher = Publisher();
        Publish(publisher, slurm.Put(Samples.Running(1)).View());
        Publish(publisher, slurm.Failed("connection refused"));
        Assert.Contains("2026-03-04 05:06:07 UTC (connection refused)", store.Stale, StringComparison.Ordinal);
        Publish(publisher, slurm.View());
        Assert.Equal("", store.Stale);

        publisher.Leave(Samples.Start.AddDays(1));
        Publish(publisher, new SlurmView()); // connected anew, and not read yet
        Assert.Contains("2026-03-05", store.Stale, StringComparison.Ordinal);
        Assert.Equal(["team-vision/lab-1 RUNNING"], Shown(store));
        Publish(publisher, new CountedJobs(Samples.Start).Put(Samples.Running(2)).View());
        Assert.Equal(["team-vision/lab-2 RUNNING"], Shown(store));
        Assert.Equal("", store.Stale);
    }

    [Fact]
    public void Jobs_move_when_their_accounts_are_shown_elsewhere()
    {
        var publisher = Publisher(Ended(2));
        var view = slurm.Put(Samples.Running(1)).View();
        Publish(publisher, view);
        publisher.Publish(view, Samples.Namespaces with { ByAccount = new Dictionary<string, string>() });
        Assert.Equal(["slurm/lab-1 RUNNING", "slurm/lab-2 COMPLETED"], Shown(store));
    }

    internal static SlurmJob Ended(uint id) =>
        Samples.Running(id) with { State = "COMPLETED", EndTime = Samples.Start, ExitCode = 0 };

    private JobPublisher Publisher(params SlurmJob[] recalled) => new(store, recalled, time);

    private static void Publish(JobPublisher publisher, SlurmView view) => publisher.Publish(view, Samples.Namespaces);

    private void Change(Random random)
    {
        var id = (uint)random.Next(1, 30);
        switch (random.Next(4))
        {
            case 0:
                slurm.Remove(id);
                break;
            case 1:
                slurm.Put(Ended(id) with { EndTime = time.GetUtcNow() - TimeSpan.FromHours(random.Next(30)) });
                break;
            default:
                slurm.Put(Samples.Running(id) with
                {
                    State = random.Next(2) == 0 ? "RUNNING" : "SUSPENDED",
                    Account = random.Next(5) == 0 ? "other" : "vision",
                    SubmitTime = Samples.Start.AddHours(random.Next(8) == 0 ? 1 : 0),
                });
                break;
        }
    }

    private static List<string> Shown(JobStore store) =>
        [.. store.Objects.Current.Objects.ToArray().Select(o => $"{o.Key} {o.Value.Job.State}")];
}
