using Bridge.Control.Loop;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Planning;
using Bridge.Core.View;
using Bridge.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bridge.Control.Tests.Loop;

public sealed class ClusterLoopTests : IDisposable
{
    private readonly ManualTime time = new();
    private readonly JumpingClock clock;
    private readonly ClusterLoopPorts ports = new();
    private readonly OneThread thread = new();
    private readonly SlurmFeed feed;
    private readonly ClusterLoop loop;
    private readonly CancellationTokenSource stop = new();

    public ClusterLoopTests()
    {
        clock = new JumpingClock(time);
        feed = new SlurmFeed(ports, clock, NullLogger<SlurmFeed>.Instance);
        loop = new ClusterLoop(ports, ports, feed, () => true, clock, NullLogger<ClusterLoop>.Instance);
        thread.Run(() => _ = feed.RunAsync(stop.Token));
    }

    public void Dispose() => stop.Dispose();

    private Task<TimeSpan> TickAsync() =>
        loop.TickAsync(ClusterLoopPorts.Cluster, TestContext.Current.CancellationToken);

    // What is due meanwhile is read.
    private void Pass(TimeSpan by) => thread.Pass(time, by);

    private void ShowInSlurm(params IEnumerable<SlurmNode> records)
    {
        var all = ports.Slurm.NodesByName.SetItems(records.ToDictionary(r => r.Name));
        ports.Slurm = ports.Slurm with { NodesByName = all };
        feed.Ring();
        Pass(SlurmFeed.AtMostEvery);
    }

    // Four nodes that are not ready. Three are drained for it, which is all that the breaker lets go for now.
    private void ShowHeldBack()
    {
        foreach (var name in (string[])["n1", "n2", "n3", "n4"])
        {
            var node = ClusterLoopPorts.Node(name) with { Ready = ConditionStatus.False, ReadyMessage = "no answer" };
            ports.Show(node);
            var record = new SlurmNode
            {
                Name = new NodeName(name), State = SlurmNodeState.Idle, Cpus = 8, MemoryMiB = 8192,
                Features = [BackReference.PoolFeature("main")],
            };
            if (name != "n4")
                record = record with
                {
                    State = SlurmNodeState.Idle | SlurmNodeState.Drain, Reason = "bridge: not-ready",
                };
            ShowInSlurm(record);
        }
    }

    private void ShowNodes(int first, int last)
    {
        for (var node = first; node <= last; node++)
            ports.Show(ClusterLoopPorts.Node($"n{node}"));
    }

    private void FailOnly(params string[] nodes) => ports.Answer = what => Task.FromResult(
        nodes.Any(n => what.EndsWith(n, StringComparison.Ordinal))
            ? StepResult.Unavailable("no answer") : StepResult.Done);

    [Fact]
    public async Task A_new_node_gets_its_slurmd_in_the_first_tick()
    {
        ports.Show(ClusterLoopPorts.Node("n1"));
        await TickAsync();
        Assert.Equal(["CreatePod slurmd-n1"], ports.Writes);
    }

    [Fact]
    public async Task A_drain_that_is_held_back_comes_in_its_time_though_nothing_changes()
    {
        ShowHeldBack();
        await TickAsync();
        Assert.DoesNotContain(ports.Writes, w => w.StartsWith("DrainNodes", StringComparison.Ordinal));
        Pass(StepGate.EchoTime);
        await TickAsync();
        Assert.DoesNotContain(ports.Writes, w => w.StartsWith("DrainNodes", StringComparison.Ordinal));

        Pass(DrainPlanner.BreakerWindow);
        await TickAsync();
        Assert.Contains(ports.Writes, w => w.StartsWith("DrainNodes", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_was_done_is_not_done_again_while_the_view_may_lag()
    {
        ports.Show(ClusterLoopPorts.Node("n1"));
        await TickAsync();
        ports.Show(ClusterLoopPorts.Node("n2"));
        Pass(TimeSpan.FromSeconds(1));
        await TickAsync();
        Assert.Equal(["CreatePod slurmd-n1", "CreatePod slurmd-n2"], ports.Writes);

        // Long enough for any echo: the pod that is still not seen is asked for again.
        Pass(StepGate.EchoTime);
        await TickAsync();
        Assert.Equal(2, ports.Writes.Count(w => w == "CreatePod slurmd-n1"));
    }

    [Fact]
    public async Task A_change_in_Kubernetes_right_after_a_write_waits_until_Slurm_is_read()
    {
        ports.Show(ClusterLoopPorts.Node("n1"));
        await TickAsync();
        var reads = ports.Reads;
        ports.Show(ClusterLoopPorts.Node("n2"));
        await TickAsync();
        Assert.Equal(["CreatePod slurmd-n1"], ports.Writes);

        Pass(SlurmFeed.AtMostEvery);
        await TickAsync();
        Assert.Equal(reads + 1, ports.Reads);
        Assert.Equal(["CreatePod slurmd-n1", "CreatePod slurmd-n2"], ports.Writes);
    }

    [Fact]
    public async Task A_read_that_was_under_way_while_Bridge_wrote_is_not_planned_on()
    {
        var slow = new TaskCompletionSource<SlurmView>();
        ports.Read = () => slow.Task;
        feed.Ring();
        Pass(SlurmFeed.AtMostEvery);
        ports.Show(ClusterLoopPorts.Node("n1"));
        await TickAsync();
        ports.Show(ClusterLoopPorts.Node("n2"));
        ports.Read = () => Task.FromResult(ports.Slurm);
        thread.Run(() => slow.SetResult(ports.Slurm));
        await TickAsync();
        Assert.Equal(["CreatePod slurmd-n1"], ports.Writes);

        Pass(SlurmFeed.AtMostEvery);
        await TickAsync();
        Assert.Equal(["CreatePod slurmd-n1", "CreatePod slurmd-n2"], ports.Writes);
    }

    [Fact]
    public async Task A_new_leader_plans_on_no_view_from_before_its_term()
    {
        ports.Show(ClusterLoopPorts.Node("n1"));
        var next = new ClusterLoop(ports, ports, feed, () => true, clock, NullLogger<ClusterLoop>.Instance);
        await next.TickAsync(ClusterLoopPorts.Cluster, TestContext.Current.CancellationToken);
        Assert.Empty(ports.Writes);
        Pass(SlurmFeed.AtMostEvery);
        await next.TickAsync(ClusterLoopPorts.Cluster, TestContext.Current.CancellationToken);
        Assert.Equal(["CreatePod slurmd-n1"], ports.Writes);
    }

    [Fact]
    public async Task A_failure_is_tried_again_after_its_delay_though_nothing_changed()
    {
        ports.Answer = _ => Task.FromResult(StepResult.Unavailable("no answer"));
        ports.Show(ClusterLoopPorts.Node("n1"));
        await TickAsync();
        Pass(TimeSpan.FromMilliseconds(400));
        await TickAsync();
        Assert.Single(ports.Writes);
        Pass(TimeSpan.FromMilliseconds(200));
        await TickAsync();
        Assert.Equal(2, ports.Writes.Count);
    }

    [Fact]
    public async Task What_was_held_back_because_nobody_answered_is_tried_by_the_next_tick()
    {
        FailOnly("n1", "n2", "n3");
        ShowNodes(1, 5);
        await TickAsync();
        Pass(SlurmFeed.AtMostEvery);
        Assert.Equal(["CreatePod slurmd-n1", "CreatePod slurmd-n2", "CreatePod slurmd-n3"], ports.Writes);
        await TickAsync();
        Assert.Equal(["CreatePod slurmd-n4", "CreatePod slurmd-n5"], ports.Writes[3..]);
    }

    [Fact]
    public async Task What_failed_before_does_not_stand_in_the_way_of_what_did_not()
    {
        FailOnly("n1", "n2", "n3");
        ShowNodes(1, 3);
        await TickAsync();
        Pass(StepGate.MaxDelay);
        ShowNodes(4, 5);
        ports.Writes.Clear();
        await TickAsync();
        Assert.Equal(["CreatePod slurmd-n4", "CreatePod slurmd-n5"], ports.Writes[..2]);
        Assert.Equal(5, ports.Writes.Count);
    }

    [Fact]
    public async Task A_source_that_cannot_be_read_lets_only_statuses_be_written()
    {
        ports.Show(ClusterLoopPorts.Node("n1"));
        ports.Kube = ports.Kube with { Source = ports.Kube.Source with { Error = "the watch is cut" } };
        await TickAsync();
        Assert.Empty(ports.Writes);
        Assert.Equal(1, ports.Statuses);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task A_clock_that_is_set_stalls_nothing(int hours)
    {
        ports.Answer = _ => Task.FromResult(StepResult.Unavailable("no answer"));
        ports.Show(ClusterLoopPorts.Node("n1"));
        await TickAsync();
        var reads = ports.Reads;
        clock.Offset = TimeSpan.FromHours(hours);
        Pass(feed.Poll + SlurmFeed.AtMostEvery);
        await TickAsync();
        Assert.Equal(reads + 2, ports.Reads);
        Assert.Equal(2, ports.Writes.Count);
    }

    [Fact]
    public async Task A_cluster_that_is_gone_is_not_served()
    {
        ports.Kube = ports.Kube with { Clusters = [] };
        await TickAsync();
        Assert.Equal((0, 0), (ports.Writes.Count, ports.Statuses));
    }

    [Fact]
    public async Task Every_step_that_was_tried_is_told()
    {
        var told = new List<StepOutcome>();
        loop.Tried += told.Add;
        ports.Answer = _ => Task.FromResult(StepResult.Rejected("no"));
        ports.Show(ClusterLoopPorts.Node("n1"));
        await TickAsync();
        Assert.Contains(told, o => o is { Step: CreatePod, Result: StepResult.RejectedResult { Reason: "no" } });
    }
}
