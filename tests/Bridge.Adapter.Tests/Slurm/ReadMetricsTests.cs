using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Bridge.Adapter.Tests.Slurm;

/// <summary>That a read tells what each of its rungs cost.</summary>
public sealed class ReadMetricsTests : IAsyncLifetime
{
    private readonly ConcurrentBag<string> heard = [];
    private readonly MeterListener listener = new();
    private FakeCluster cluster = null!;

    public async ValueTask InitializeAsync()
    {
        cluster = await FakeCluster.StartAsync();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Name == "bridge_slurm_read_cost_seconds")
                l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<double>((_, cost, tags, _) =>
        {
            Assert.True(cost >= 0);
            heard.Add(string.Join(' ', tags.ToArray().Select(t => t.Value)));
        });
        listener.Start();
    }

    public ValueTask DisposeAsync()
    {
        listener.Dispose();
        return cluster.DisposeAsync();
    }

    [Fact]
    public async Task A_read_over_REST_tells_the_bell_what_differs_and_the_jobs_that_were_read_one_by_one()
    {
        cluster.Tell(("40", "RUNNING"));
        cluster.Job(40, _ => { });
        await cluster.ReadAsync(cluster.Port());
        // Other tests read at the same time.
        Assert.Superset(new HashSet<string> { "bell rest", "diff rest", "push rest" }, heard.ToHashSet());
    }
}
