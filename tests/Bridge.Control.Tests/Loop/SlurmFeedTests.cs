using Bridge.Control.Loop;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.View;
using Bridge.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bridge.Control.Tests.Loop;

public sealed class SlurmFeedTests : IDisposable
{
    private readonly ManualTime time = new();
    private readonly OneThread thread = new();
    private readonly ClusterLoopPorts ports = new();
    private readonly SlurmFeed feed;
    private readonly CancellationTokenSource stop = new();
    private Task run = Task.CompletedTask;
    private int changes;

    public SlurmFeedTests()
    {
        feed = new SlurmFeed(ports, time, NullLogger<SlurmFeed>.Instance);
        feed.Changed += () => changes++;
    }

    public void Dispose() => stop.Dispose();

    private void Start() => thread.Run(() => run = feed.RunAsync(stop.Token));

    private void Pass(TimeSpan by) => thread.Pass(time, by);

    private void Show(string node)
    {
        var record = new SlurmNode { Name = new NodeName(node) };
        ports.Slurm = ports.Slurm with { NodesByName = ports.Slurm.NodesByName.SetItem(record.Name, record) };
    }

    [Fact]
    public void It_reads_at_once_and_then_by_the_poll_and_says_only_what_changed()
    {
        Start();
        Assert.Equal((1, 1, 1L), (ports.Reads, changes, feed.Completed));
        Pass(feed.Poll);
        Assert.Equal((2, 1), (ports.Reads, changes));
        Show("n1");
        Pass(feed.Poll);
        Assert.Equal((3, 2), (ports.Reads, changes));
        Assert.Same(ports.Slurm, feed.View);
    }

    [Fact]
    public void A_shorter_poll_counts_at_once()
    {
        feed.Poll = TimeSpan.FromHours(1);
        Start();
        Pass(TimeSpan.FromMinutes(1));
        Assert.Equal(1, ports.Reads);
        thread.Run(() => feed.Poll = TimeSpan.FromSeconds(2));
        Assert.Equal(2, ports.Reads);
    }

    [Fact]
    public void A_ring_after_a_quiet_time_is_answered_at_once()
    {
        Start();
        Pass(SlurmFeed.AtMostEvery);
        thread.Run(feed.Ring);
        Assert.Equal(2, ports.Reads);
    }

    [Fact]
    public void A_thousand_rings_a_second_cost_four_reads_a_second()
    {
        Start();
        var before = ports.Reads;
        for (var millisecond = 0; millisecond < 10_000; millisecond++)
        {
            thread.Run(feed.Ring);
            Pass(TimeSpan.FromMilliseconds(1));
        }
        Assert.InRange(ports.Reads - before, 20, 40);
    }

    [Fact]
    public void Slow_reads_under_a_flood_of_rings_leave_a_pause_between_them()
    {
        ports.Read = async () =>
        {
            await time.After(TimeSpan.FromSeconds(1));
            return ports.Slurm;
        };
        Start();
        for (var i = 0; i < 1000; i++)
        {
            thread.Run(feed.Ring);
            Pass(TimeSpan.FromMilliseconds(10));
        }
        Assert.Equal(9, ports.Reads);
    }

    [Fact]
    public void What_is_asked_for_during_a_read_is_the_next_one()
    {
        var slow = new TaskCompletionSource<SlurmView>();
        ports.Read = () => slow.Task;
        Start();
        var number = feed.Ask();
        Assert.Equal((2L, 0L), (number, feed.Completed));
        Assert.Equal(number, feed.Ask());
        thread.Run(() => slow.SetResult(ports.Slurm));
        Assert.Equal(number - 1, feed.Completed);
        Pass(SlurmFeed.AtMostEvery);
        Assert.Equal(number, feed.Completed);
    }

    [Fact]
    public void The_end_of_a_read_that_was_asked_for_is_told_though_nothing_changed()
    {
        Start();
        var before = changes;
        feed.Ask();
        Pass(SlurmFeed.AtMostEvery);
        Assert.Equal(before + 1, changes);
    }

    [Fact]
    public void A_read_that_throws_marks_the_sources_keeps_the_content_and_is_tried_again()
    {
        Show("n1");
        Start();
        ports.Read = () => throw new InvalidOperationException("a bug");
        Pass(feed.Poll);
        Assert.False(run.IsCompleted);
        Assert.Contains("a bug", feed.View.Nodes.Error, StringComparison.Ordinal);
        Assert.Equal(ports.Slurm.NodesByName, feed.View.NodesByName);

        var reads = ports.Reads;
        for (var i = 0; i < 100; i++)
        {
            thread.Run(feed.Ring);
            Pass(TimeSpan.FromMilliseconds(10));
        }
        Assert.Equal(reads, ports.Reads);
        ports.Read = () => Task.FromResult(ports.Slurm);
        Pass(TimeSpan.FromSeconds(5));
        Assert.True(feed.View.Nodes.Current);
    }

    [Fact]
    public void A_subscriber_that_throws_keeps_nobody_from_being_told()
    {
        var told = 0;
        feed.Changed += () => throw new InvalidOperationException("a bug");
        feed.Changed += () => told++;
        Start();
        Assert.Equal(1, told);
        Assert.True(feed.View.Nodes.Current);
    }

    [Fact]
    public void It_ends_when_it_is_cancelled_also_in_the_middle_of_a_wait()
    {
        Start();
        thread.Run(stop.Cancel);
        Assert.True(run.IsCanceled);
    }
}
