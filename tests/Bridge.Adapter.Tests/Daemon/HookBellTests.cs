using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Bridge.Core.Names;
using Bridge.Daemon.Serving;
using Bridge.Testing;

namespace Bridge.Adapter.Tests.Daemon;

/// <summary>However many hooks ring, and whatever they name, the readers of Slurm hear little of it.</summary>
public sealed class HookBellTests : IAsyncLifetime
{
    private readonly ManualTime time = new();
    private readonly Meter meter = new("Bridge.Tests");
    private readonly HookBell bell;
    private readonly List<ImmutableArray<JobId>> heard = [];
    private readonly SemaphoreSlim rung = new(0);

    public HookBellTests()
    {
        bell = new HookBell(time, meter);
        bell.Rung += jobs =>
        {
            heard.Add(jobs);
            rung.Release();
        };
    }

    public async ValueTask InitializeAsync() => await bell.StartAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await bell.StopAsync(CancellationToken.None);
        bell.Dispose();
        meter.Dispose();
        rung.Dispose();
    }

    [Fact]
    public async Task One_ring_is_heard_at_once()
    {
        bell.Ring(new JobId(7));
        await HeardAsync();
        Assert.Equal([new JobId(7)], Assert.Single(heard));
    }

    /// <summary>Ten seconds of a thousand rings a second, each of another job.</summary>
    [Fact]
    public async Task A_flood_is_heard_five_times_a_second_and_names_a_bounded_number_of_jobs()
    {
        const int seconds = 10;
        uint job = 0;
        bell.Ring(new JobId(++job));
        await HeardAsync();
        for (var i = 0; i < seconds * 5; i++)
        {
            for (var ring = 0; ring < 200; ring++)
                bell.Ring(new JobId(++job));
            await PausedAsync();
            Assert.Equal(i + 1, heard.Count);
            time.Advance(HookBell.AtMostEvery);
            await HeardAsync();
        }
        Assert.Equal((seconds * 5) + 1, heard.Count);
        Assert.All(heard, jobs => Assert.InRange(jobs.Length, 1, HookBell.MostWaiting));
    }

    [Fact]
    public async Task What_finds_no_room_still_rings()
    {
        bell.Ring(new JobId(1));
        await HeardAsync();
        for (uint job = 2; job < 10_000; job++)
            bell.Ring(new JobId(job));
        await PausedAsync();
        time.Advance(HookBell.AtMostEvery);
        await HeardAsync();
        Assert.Equal(HookBell.MostWaiting, heard[1].Length);
    }

    [Fact]
    public async Task A_job_that_rings_often_is_named_once()
    {
        bell.Ring(new JobId(1));
        await HeardAsync();
        for (var i = 0; i < 1_000; i++)
            bell.Ring(new JobId(2));
        await PausedAsync();
        time.Advance(HookBell.AtMostEvery);
        await HeardAsync();
        Assert.Equal([new JobId(2)], heard[1]);
    }

    private async Task HeardAsync() =>
        Assert.True(await rung.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));

    // The pause is a timer of the clock that stands still.
    private async Task PausedAsync()
    {
        while (time.Pending(HookBell.AtMostEvery) == 0)
            await Task.Yield();
    }
}
