using Bridge.Control.Loop;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Planning;
using Bridge.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bridge.Control.Tests.Loop;

public sealed class ClusterLoopTests
{
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(2);

    private readonly ManualTime time = new();
    private readonly JumpingClock clock;
    private readonly ClusterLoopPorts ports = new();
    private readonly ClusterLoop loop;

    public ClusterLoopTests()
    {
        clock = new JumpingClock(time);
        loop = new ClusterLoop(ports, ports, () => true, clock, NullLogger<ClusterLoop>.Instance);
    }

    private Task<TimeSpan> TickAsync() =>
        loop.TickAsync(ClusterLoopPorts.Cluster, TestContext.Current.CancellationToken);

    // Four nodes that are not ready. Three are drained for it, which is all that the breaker lets go for now.
    private void ShowHeldBack(TimeSpan freeIn)
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
                    ReasonSince = time.GetUtcNow() - DrainPlanner.BreakerWindow + freeIn,
                };
            ports.Slurm = ports.Slurm with { NodesByName = ports.Slurm.NodesByName.SetItem(record.Name, record) };
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
    public async Task Nothing_is_planned_while_nothing_changed_and_nothing_is_due()
    {
        ShowHeldBack(freeIn: TimeSpan.FromSeconds(2));
        await TickAsync();
        var before = ports.Writes.ToList();
        time.Advance(StepGate.EchoTime - TimeSpan.FromSeconds(1));
        await TickAsync();
        // A plan made now would drain the fourth: the breaker lets it go. But neither view changed, and nothing is due.
        Assert.Equal(before, ports.Writes);

        time.Advance(TimeSpan.FromSeconds(1));
        await TickAsync();
        Assert.Contains(ports.Writes.Except(before), w => w.StartsWith("DrainNodes", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_was_done_is_not_done_again_while_the_view_may_lag()
    {
        ports.Show(ClusterLoopPorts.Node("n1"));
        await TickAsync();
        ports.Show(ClusterLoopPorts.Node("n2"));
        time.Advance(TimeSpan.FromSeconds(1));
        await TickAsync();
        Assert.Equal(["CreatePod slurmd-n1", "CreatePod slurmd-n2"], ports.Writes);

        // Long enough for any echo: the pod that is still not seen is asked for again.
        time.Advance(StepGate.EchoTime);
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
        var wait = await TickAsync();
        Assert.Equal(["CreatePod slurmd-n1"], ports.Writes);

        time.Advance(wait);
        await TickAsync();
        Assert.Equal(reads + 1, ports.Reads);
        Assert.Equal(["CreatePod slurmd-n1", "CreatePod slurmd-n2"], ports.Writes);
    }

    [Fact]
    public async Task A_failure_is_tried_again_after_its_delay_though_nothing_changed()
    {
        ports.Answer = _ => Task.FromResult(StepResult.Unavailable("no answer"));
        ports.Show(ClusterLoopPorts.Node("n1"));
        await TickAsync();
        time.Advance(TimeSpan.FromMilliseconds(400));
        await TickAsync();
        Assert.Single(ports.Writes);
        time.Advance(TimeSpan.FromMilliseconds(200));
        await TickAsync();
        Assert.Equal(2, ports.Writes.Count);
    }

    [Fact]
    public async Task What_was_held_back_because_nobody_answered_is_tried_by_the_next_tick()
    {
        FailOnly("n1", "n2", "n3");
        ShowNodes(1, 5);
        time.Advance(await TickAsync());
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
        time.Advance(StepGate.MaxDelay);
        ShowNodes(4, 5);
        ports.Writes.Clear();
        await TickAsync();
        Assert.Equal(["CreatePod slurmd-n4", "CreatePod slurmd-n5"], ports.Writes[..2]);
        Assert.Equal(5, ports.Writes.Count);
    }

    [Fact]
    public async Task A_change_in_Kubernetes_does_not_cause_a_read_of_Slurm()
    {
        await TickAsync();
        var reads = ports.Reads;
        ports.Kube = ports.Kube with { NamespaceOfAccount = ports.Kube.NamespaceOfAccount.Add("physics", "physics") };
        await TickAsync();
        Assert.Equal(reads, ports.Reads);
    }

    [Fact]
    public async Task A_ring_causes_a_read_of_Slurm_at_once_and_time_one_by_the_poll()
    {
        await TickAsync();
        var reads = ports.Reads;
        loop.Ring();
        await TickAsync();
        Assert.Equal(reads + 1, ports.Reads);
        await TickAsync();
        Assert.Equal(reads + 1, ports.Reads);
        time.Advance(Poll);
        await TickAsync();
        Assert.Equal(reads + 2, ports.Reads);
    }

    [Fact]
    public async Task After_a_write_the_next_look_comes_soon()
    {
        ports.Show(ClusterLoopPorts.Node("n1"));
        var wait = await TickAsync();
        Assert.True(wait < TimeSpan.FromSeconds(1), $"waits {wait}");
        var reads = ports.Reads;
        time.Advance(wait);
        await TickAsync();
        Assert.Equal(reads + 1, ports.Reads);
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
        time.Advance(Poll);
        await TickAsync();
        Assert.Equal(reads + 1, ports.Reads);
        Assert.Equal(2, ports.Writes.Count);
    }

    [Fact]
    public async Task A_cluster_that_is_gone_is_not_served()
    {
        ports.Kube = ports.Kube with { Clusters = [] };
        await TickAsync();
        Assert.Equal((0, 0, 0), (ports.Reads, ports.Writes.Count, ports.Statuses));
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
