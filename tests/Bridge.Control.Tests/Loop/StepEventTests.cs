using Bridge.Control.Loop;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Planning;
using Bridge.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bridge.Control.Tests.Loop;

/// <summary>What an administrator reads with `kubectl get events`, of a loop between views that a test sets.</summary>
public sealed class StepEventTests : IDisposable
{
    private static readonly KubeNode Node = ClusterLoopPorts.Node("n1");

    private readonly ManualTime time = new();
    private readonly ClusterLoopPorts ports = new();
    private readonly OneThread thread = new();
    private readonly SlurmFeed feed;
    private readonly CancellationTokenSource stop = new();
    private readonly List<string> events = [];
    private ClusterLoop loop;

    public StepEventTests()
    {
        feed = new SlurmFeed(ports, time, NullLogger<SlurmFeed>.Instance);
        loop = Lead();
        thread.Run(() => _ = feed.RunAsync(stop.Token));
        ports.Show(Node);
    }

    public void Dispose() => stop.Dispose();

    [Fact]
    public async Task A_drain_that_somebody_else_made_is_told_once_with_Slurms_own_reason()
    {
        await ShowAsync(SlurmNodeState.Idle | SlurmNodeState.Drain, "bad cable, alice");
        Assert.Equal(["Normal DrainedInSlurm on n1: node n1 is drained in Slurm: bad cable, alice"], Told());

        ports.Show(Node with { SlurmDrained = ports.Conditions.Single() });
        await TicksAsync(3);
        Assert.Empty(Told());

        // Another leader knows it from the node's condition.
        loop = Lead();
        await TicksAsync(3);
        Assert.Empty(Told());
    }

    [Fact]
    public async Task The_end_of_that_drain_is_told_once_too()
    {
        var drained = new NodeCondition(ConditionStatus.True, "DrainedInSlurm", "bad cable, alice");
        ports.Show(Node with { SlurmDrained = drained });
        await ShowAsync(SlurmNodeState.Idle, "");
        Assert.Equal(["Normal NotDrained on n1: node n1 is no longer drained in Slurm"], Told());

        ports.Show(Node with { SlurmDrained = ports.Conditions.Single() });
        await TicksAsync(3);
        Assert.Empty(Told());
    }

    [Fact]
    public async Task A_condition_that_could_not_be_written_is_no_event_until_it_is()
    {
        ports.Answer = _ => Task.FromResult(StepResult.Unavailable("no answer"));
        await ShowAsync(SlurmNodeState.Idle | SlurmNodeState.Drain, "bad cable, alice");
        Assert.DoesNotContain(Told(), e => e.Contains("DrainedInSlurm", StringComparison.Ordinal));
        ports.Answer = _ => Task.FromResult(StepResult.Done);
        await TicksAsync(3);
        Assert.Contains("Normal DrainedInSlurm on n1: node n1 is drained in Slurm: bad cable, alice", Told());
    }

    /// <summary>A pod that exists already when its informer has not told so yet: the next look solves it.</summary>
    [Fact]
    public async Task A_conflict_that_the_next_look_solves_is_no_event()
    {
        ports.Answer = _ => Task.FromResult(StepResult.Conflict("pods slurmd-n1 already exists"));
        await TicksAsync(2);
        ports.Answer = _ => Task.FromResult(StepResult.Done);
        await TicksAsync(2);
        Assert.DoesNotContain(events, e => e.StartsWith("Warning", StringComparison.Ordinal));
        Assert.Contains(events, e => e.StartsWith("Normal CreatePod on n1: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_conflict_that_comes_again_and_again_is_a_warning()
    {
        ports.Answer = _ => Task.FromResult(StepResult.Conflict("pods slurmd-n1 already exists"));
        await TicksAsync(StepGate.ConflictsToTell + 1);
        Assert.Contains(events, e => e.StartsWith("Warning CreatePod on n1: ", StringComparison.Ordinal)
            && e.EndsWith("not done: pods slurmd-n1 already exists", StringComparison.Ordinal));
    }

    /// <summary>Two conflicts in the morning and one in the evening are three, and none of them is news.</summary>
    [Fact]
    public async Task Conflicts_that_lie_far_apart_do_not_add_up()
    {
        for (var day = 0; day < 2 * StepGate.ConflictsToTell; day++)
        {
            ports.Answer = _ => Task.FromResult(StepResult.Conflict("pods slurmd-n1 already exists"));
            await TicksAsync(1);
            ports.Show(Node with { Cordoned = true });
            thread.Pass(time, TimeSpan.FromHours(1));
            await TicksAsync(1);
            ports.Show(Node);
        }
        Assert.DoesNotContain(events, e => e.StartsWith("Warning", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_refused_is_a_warning_at_once()
    {
        ports.Answer = _ => Task.FromResult(StepResult.Rejected("forbidden"));
        await TicksAsync(1);
        Assert.Contains(events, e => e.StartsWith("Warning CreatePod on n1: ", StringComparison.Ordinal));
    }

    private ClusterLoop Lead()
    {
        var next = new ClusterLoop(ports, ports, feed, () => true, time, NullLogger<ClusterLoop>.Instance);
        next.Tried += outcome =>
        {
            if (StepEvent.Of(outcome) is { } news)
                events.Add(
                    $"{(news.Warning ? "Warning" : "Normal")} {news.Reason} on {news.About.Name}: {news.Message}");
        };
        return next;
    }

    private Task ShowAsync(SlurmNodeState state, string reason)
    {
        var record = new SlurmNode
        {
            Name = new NodeName("n1"), State = state, Reason = reason, Cpus = 8, MemoryMiB = 8192,
            Features = [BackReference.PoolFeature("main")],
        };
        ports.Slurm = ports.Slurm with { NodesByName = ports.Slurm.NodesByName.SetItem(record.Name, record) };
        feed.Ring();
        return TicksAsync(1);
    }

    private async Task TicksAsync(int ticks)
    {
        for (var tick = 0; tick < ticks; tick++)
        {
            thread.Pass(time, StepGate.EchoTime);
            await loop.TickAsync(ClusterLoopPorts.Cluster, TestContext.Current.CancellationToken);
        }
    }

    // Of the node itself: that its slurmd is started is told elsewhere.
    private List<string> Told()
    {
        List<string> told = [.. events.Where(e => !e.Contains("CreatePod", StringComparison.Ordinal))];
        events.Clear();
        return told;
    }
}
