using Bridge.Adapter.Tests.ApiServer;
using Bridge.Control;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.View;
using Bridge.Daemon.Jobs;

namespace Bridge.Adapter.Tests.Daemon;

public sealed class JobRecorderTests
{
    private readonly CountedJobs slurm = new(Samples.Start);
    private readonly Dictionary<(JobId, DateTimeOffset?), SlurmJob> ledger = [];
    private readonly JobRecorder recorder;
    private int offered;
    private int room = int.MaxValue;

    public JobRecorderTests() => recorder = new JobRecorder(Take);

    [Fact]
    public void All_is_offered_once_and_then_what_changed()
    {
        Assert.False(Record(slurm.Put(Enumerable.Range(1, 1_000).Select(i => Samples.Running((uint)i))).View()));
        Assert.Equal(1_000, offered);
        Record(slurm.View());
        Record(slurm.Put(JobPublisherTests.Ended(7)).View());
        Assert.Equal(1_001, offered);
        Assert.Equal("COMPLETED", Recorded(7));
    }

    [Fact]
    public void An_end_that_came_and_went_between_two_looks_is_recorded()
    {
        Record(slurm.Put(Samples.Running(1), Samples.Running(2)).View());
        slurm.Put(JobPublisherTests.Ended(1)).View();
        Record(slurm.Remove(1).View());
        Assert.Equal("COMPLETED", Recorded(1));
    }

    [Fact]
    public void What_the_queue_has_no_room_for_is_offered_again_though_Slurm_has_forgotten_it()
    {
        room = 2;
        Assert.True(Record(slurm.Put(Enumerable.Range(1, 5).Select(i => JobPublisherTests.Ended((uint)i))).View()));
        Assert.Equal(2, ledger.Count);
        Assert.True(Record(slurm.Remove(1, 2, 3, 4, 5).View()));
        room = 100;
        Assert.False(Record(slurm.View()));
        Assert.Equal(5, ledger.Count);
    }

    [Fact]
    public void What_waits_is_bounded_and_all_that_Slurm_has_is_offered_again_in_its_place()
    {
        var many = JobRecorder.MostWaiting + 50;
        room = 0;
        Assert.True(Record(slurm.Put(Enumerable.Range(1, many).Select(i => Samples.Running((uint)i))).View()));
        Assert.Equal(many, offered);
        // Of what did not fit nothing is kept here, so what Slurm has no longer is gone too.
        var view = slurm.Remove(1, 2, 3).View();
        Assert.True(Record(view));
        Assert.Equal(many + many - 3, offered);
        room = int.MaxValue;
        Assert.False(Record(view));
        Assert.Equal(many - 3, ledger.Count);
    }

    [Fact]
    public void Nothing_is_taken_from_a_view_that_is_not_current()
    {
        Record(slurm.Put(Samples.Running(1)).Failed("connection refused"));
        Assert.Empty(ledger);
        Record(slurm.View());
        Assert.Single(ledger);
    }

    [Fact]
    public void Another_connection_begins_with_all_of_its_jobs()
    {
        Record(slurm.Put(Samples.Running(1)).View());
        Record(new CountedJobs(Samples.Start).Put(Samples.Running(1), Samples.Running(2)).View());
        Assert.Equal(2, ledger.Count);
    }

    private bool Record(SlurmView view) => recorder.Record(view);

    private string Recorded(uint id) => ledger[(new JobId(id), Samples.Start)].State;

    private StepResult Take(SlurmJob job)
    {
        offered++;
        if (room <= 0)
            return StepResult.Unavailable("full");
        room--;
        ledger[(job.Id, job.SubmitTime)] = job;
        return StepResult.Done;
    }
}
