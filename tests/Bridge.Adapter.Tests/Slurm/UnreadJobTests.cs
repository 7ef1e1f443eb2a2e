using System.Text.Json.Nodes;
using Bridge.Adapter.Tests.KubeFake;
using Bridge.Core.Model;
using Bridge.Core.Names;

namespace Bridge.Adapter.Tests.Slurm;

/// <summary>Jobs that cannot be read, or were not yet, by a port without Slurm's text client.</summary>
public sealed class UnreadJobTests : IAsyncLifetime
{
    private FakeCluster cluster = null!;

    public async ValueTask InitializeAsync() => cluster = await FakeCluster.StartAsync();

    public ValueTask DisposeAsync() => cluster.DisposeAsync();

    [Fact]
    public async Task One_unreadable_job_stops_neither_nodes_nor_other_jobs_and_is_asked_for_ever_more_rarely()
    {
        cluster.Tell(("40", "RUNNING"), ("18", "RUNNING"));
        cluster.Rest.Answer("job/40", 500, "Unspecified error");
        var port = cluster.Port();
        var first = await cluster.ReadAsync(port);
        Assert.True(first is { Nodes.Current: true, Partitions.Current: true, Jobs.Current: false });
        var second = await cluster.ReadAsync(port, TimeSpan.FromSeconds(2));
        Assert.Equal("n0", second.JobsById[new JobId(18)].Nodes);
        Assert.False(second.Jobs.Current);
        for (var i = 0; i < 60; i++)
            second = await cluster.ReadAsync(port, TimeSpan.FromSeconds(2));
        Assert.True(second.Jobs.Current);
        Assert.Equal("40", second.Jobs.Unread);
        Assert.Equal(3, cluster.Asked(40));
        cluster.Job(40, _ => { });
        second = await cluster.ReadAsync(port, TimeSpan.FromMinutes(3));
        Assert.Equal("n0", second.JobsById[new JobId(40)].Nodes);
        Assert.Equal("", second.Jobs.Unread);
    }

    [Fact]
    public async Task A_job_that_hangs_costs_one_deadline_and_is_left_out_of_the_next_tick()
    {
        cluster.Tell(("40", "RUNNING"));
        cluster.Rest.Answer("job/40", FakeSlurmrestd.HangAsync);
        var port = cluster.Port();
        var reading = cluster.ReadAsync(port);
        await Eventually.TrueAsync(() => reading.IsCompleted, "the read gives the job up", cluster.Time);
        Assert.True((await reading).Nodes.Current);
        var before = cluster.Rest.Asked.Count;
        await cluster.ReadAsync(port);
        Assert.DoesNotContain(cluster.Rest.Asked.Skip(before), a => a.Contains("/job/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_that_dies_under_a_job_is_what_is_wrong_and_not_the_job()
    {
        cluster.Tell(("40", "RUNNING"));
        cluster.Job(40, _ => { });
        cluster.Rest.Answer("job/40", context =>
        {
            cluster.Rest.Everything = FakeSlurmrestd.CutAsync;
            return FakeSlurmrestd.CutAsync(context);
        });
        var port = cluster.Port();
        Assert.False((await cluster.ReadAsync(port)).Nodes.Current);
        cluster.Rest.Everything = null;
        cluster.Job(40, _ => { });
        Assert.True((await cluster.ReadAsync(port)).Jobs.Current);
    }

    [Fact]
    public async Task Failing_job_states_fail_the_jobs_alone()
    {
        var port = cluster.Port();
        await cluster.ReadAsync(port);
        cluster.Rest.Answer("jobs/state", 500, "Unspecified error");
        var bad = await cluster.ReadAsync(port, TimeSpan.FromMinutes(2));
        Assert.True(bad is { Nodes.Current: true, Partitions.Current: true, Jobs.Current: false });
        cluster.Rest.Answer("jobs/state", null);
        Assert.True((await cluster.ReadAsync(port)).Jobs.Current);
    }

    [Fact]
    public async Task Jobs_are_not_current_before_each_of_them_was_read_once()
    {
        var ids = Enumerable.Range(1000, 450).Select(i => (uint)i).ToList();
        cluster.Tell([.. ids.Select(id => ($"{id}", "RUNNING"))]);
        foreach (var id in ids)
            cluster.Job(id, _ => { });
        var port = cluster.Port();
        Assert.False((await cluster.ReadAsync(port)).Jobs.Synced);
        Assert.False((await cluster.ReadAsync(port, TimeSpan.FromSeconds(2))).Jobs.Synced);
        var whole = await cluster.ReadAsync(port, TimeSpan.FromSeconds(2));
        Assert.True(whole.Jobs.Current);
        Assert.All(whole.JobsById.Values, j => Assert.Equal("n0", j.Nodes));
        Assert.Single(cluster.Rest.Asked, "GET slurm/v0.0.45/jobs/state/");
    }

    [Fact]
    public async Task Recalled_jobs_that_run_elsewhere_by_now_are_read_before_jobs_are_current()
    {
        var ids = Enumerable.Range(1000, 30).Select(i => (uint)i).ToList();
        cluster.Tell([.. ids.Select(id => ($"{id}", "RUNNING"))]);
        foreach (var id in ids)
            cluster.Job(id, _ => { });
        cluster.Rest.Answer("job/1000", 500, "Unspecified error");
        var port = cluster.Port();
        port.Recall(ids.Select(id => new SlurmJob { Id = new JobId(id), State = "RUNNING", Nodes = "n7" }));
        Assert.False((await cluster.ReadAsync(port)).Jobs.Current);
        cluster.Job(1000, _ => { });
        var read = await cluster.ReadAsync(port, TimeSpan.FromSeconds(20));
        Assert.True(read.Jobs.Current);
        Assert.All(read.JobsById.Values, j => Assert.Equal("n0", j.Nodes));
    }

    [Fact]
    public async Task A_job_that_ran_anew_during_an_outage_is_read_again()
    {
        cluster.Tell(("18", "RUNNING"));
        var port = cluster.Port();
        await cluster.ReadAsync(port);
        cluster.Rest.Everything = FakeSlurmrestd.CutAsync;
        await cluster.ReadAsync(port, TimeSpan.FromSeconds(2));
        cluster.Rest.Everything = null;
        cluster.Job(18, job => job["nodes"] = "n1");
        var healed = await cluster.ReadAsync(port, TimeSpan.FromMinutes(10));
        Assert.True(healed.Jobs.Current);
        Assert.Equal("n1", healed.JobsById[new JobId(18)].Nodes);
    }

    [Fact]
    public async Task An_array_with_many_tasks_in_the_controller_is_not_asked_for_as_a_whole()
    {
        var tasks = Enumerable.Range(1001, 450).Select(i => (uint)i).ToList();
        cluster.Tell([("1000_450", "PENDING"), .. tasks.Select(id => ($"{id}_{id - 1001}", "RUNNING"))]);
        Action<JsonObject> ofArray = job => job["array_job_id"] = Number(1000);
        foreach (var id in tasks)
            cluster.Job(id, ofArray);
        cluster.Job(1000, ofArray);
        var port = cluster.Port();
        for (var i = 0; i < 20; i++)
            await cluster.ReadAsync(port, TimeSpan.FromSeconds(20));
        Assert.Equal(0, cluster.Asked(1000));
        Assert.True(port.View.Jobs.Current);
        // Most have left the controller: one answer tells the rest.
        cluster.Tell(("1000_450", "PENDING"), ("1001_0", "RUNNING"));
        for (var i = 0; i < 3; i++)
            await cluster.ReadAsync(port, TimeSpan.FromMinutes(2));
        Assert.InRange(cluster.Asked(1000), 1, 3);
    }

    private static JsonObject Number(long value) => new() { ["set"] = true, ["infinite"] = false, ["number"] = value };
}
