using Bridge.Adapter.Tests.KubeFake;
using Bridge.Adapter.Tests.Slurm;
using Bridge.Core.View;
using Bridge.Daemon.Plans;

namespace Bridge.Adapter.Tests.Daemon;

/// <summary>What `bridge plan` knows of a Slurm when it plans.</summary>
public sealed class PlanReadingTests : IAsyncLifetime
{
    private FakeCluster cluster = null!;

    public async ValueTask InitializeAsync() => cluster = await FakeCluster.StartAsync();

    public ValueTask DisposeAsync() => cluster.DisposeAsync();

    [Fact]
    public async Task When_the_time_is_up_what_was_read_is_there_and_says_that_the_jobs_are_not_known()
    {
        cluster.Tell(("40", "RUNNING"));
        cluster.Rest.Answer("job/40", 500, "Unspecified error");
        using var deadline = new CancellationTokenSource();
        var reading = PlanReading.ReadAsync(cluster.Port(), cluster.Time, deadline.Token);
        await Eventually.TrueAsync(() => cluster.Asked(40) > 1, "the job was asked for twice", cluster.Time);
        await deadline.CancelAsync();
        var view = await reading;
        Assert.True(view is { Nodes.Current: true, Partitions.Current: true, Jobs.Current: false });
    }

    [Fact]
    public async Task Nodes_that_cannot_be_read_are_not_waited_for()
    {
        cluster.Rest.Everything = FakeSlurmrestd.CutAsync;
        Assert.False((await ReadAsync()).Nodes.Current);
    }

    [Fact]
    public async Task Jobs_that_take_several_reads_are_waited_for()
    {
        var ids = Enumerable.Range(1000, 450).Select(i => (uint)i).ToList();
        cluster.Tell([.. ids.Select(id => ($"{id}", "RUNNING"))]);
        foreach (var id in ids)
            cluster.Job(id, _ => { });
        var view = await ReadAsync();
        Assert.True(view.Jobs.Current);
        Assert.All(view.JobsById.Values, j => Assert.Equal("n0", j.Nodes));
    }

    private async Task<SlurmView> ReadAsync()
    {
        var reading = PlanReading.ReadAsync(cluster.Port(), cluster.Time, TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(() => reading.IsCompleted, "the read is over", cluster.Time);
        return await reading;
    }
}
