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
