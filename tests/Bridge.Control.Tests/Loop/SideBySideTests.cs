using System.Diagnostics;
using Bridge.Control.Loop;
using Bridge.Control.Queues;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Planning;
using Bridge.Core.View;
using Bridge.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bridge.Control.Tests.Loop;

/// <summary>Two clusters with a reader and a loop each, worked by one runner.</summary>
public sealed class SideBySideTests : IDisposable
{
    private static readonly TimeSpan Write = TimeSpan.FromMilliseconds(100);

    private readonly ManualTime time = new();
    private readonly OneThread thread = new();
    private readonly KeyedQueue<ObjectRef> queue;
    private readonly CancellationTokenSource stop = new();
    private readonly Dictionary<ObjectRef, ClusterLoop> loops = [];
    private readonly ClusterLoopPorts one = new();
    private readonly ClusterLoopPorts other = new();

    public SideBySideTests() => queue = new KeyedQueue<ObjectRef>(time);

    public void Dispose()
    {
        stop.Dispose();
        queue.Dispose();
    }

    private void Start()
    {
        Serve("one", one);
        Serve("other", other);
        var runner = new LoopRunner(queue, time, NullLogger<LoopRunner>.Instance);
        _ = runner.RunAsync(
            (key, _) => ValueTask.FromResult<Tick?>(
                (_, cancel) => loops[key].TickAsync(ClusterLoopPorts.Cluster, cancel)), stop.Token);
    }

    private void Serve(string name, ClusterLoopPorts ports)
    {
        var key = new ObjectRef("SlurmCluster", "slurm", name);
        var feed = new SlurmFeed(ports, time, NullLogger<SlurmFeed>.Instance);
        loops[key] = new ClusterLoop(ports, ports, feed, () => true, time, NullLogger<ClusterLoop>.Instance);
        feed.Changed += () => queue.Add(key);
        ports.Changed += () => queue.Add(key);
        _ = feed.RunAsync(stop.Token);
    }

    private void Pass(TimeSpan by) => thread.Pass(time, by);

    // Registered, idle and right: nothing is to be done about it but its back-reference.
    private static void ShowInSlurm(ClusterLoopPorts ports, string name)
    {
        var record = new SlurmNode
        {
            Name = new NodeName(name), State = SlurmNodeState.Idle, Cpus = 8, MemoryMiB = 8192,
            Features = [BackReference.PoolFeature("main")],
        };
        ports.Slurm = ports.Slurm with { NodesByName = ports.Slurm.NodesByName.SetItem(record.Name, record) };
    }

    private static void Cordon(ClusterLoopPorts ports, string name) =>
        ports.Show(ClusterLoopPorts.Node(name) with { Cordoned = true });

    private async Task<StepResult> SlowlyAsync()
    {
        await time.After(Write);
        return StepResult.Done;
    }

    private static void ShowNodes(ClusterLoopPorts ports, int count) => ports.Kube = ports.Kube with
    {
        Nodes = ports.Kube.Nodes.SetItems(Enumerable.Range(1, count).Select(i => ClusterLoopPorts.Node($"n{i}"))
            .Select(n => KeyValuePair.Create(n.Name, n))),
    };

    [Fact]
    public void A_plan_of_thousands_of_steps_delays_no_drain_of_another_cluster()
    {
        ShowNodes(one, 5000);
        one.Answer = _ => SlowlyAsync();
        other.Show(ClusterLoopPorts.Node("m1"));
        ShowInSlurm(other, "m1");
        thread.Run(Start);
        Pass(TimeSpan.FromSeconds(5));
        Assert.InRange(one.Writes.Count, 300, 4900);

        thread.Run(() => Cordon(other, "m1"));
        Pass(TimeSpan.FromMilliseconds(50));
        Assert.Contains("DrainNodes m1", other.Writes);
        Assert.InRange(one.Writes.Count, 300, 4900);
    }

    [Fact]
    public void A_plan_of_thousands_of_steps_delays_a_drain_of_its_own_cluster_by_its_time_and_is_gone_on_with()
    {
        ShowNodes(one, 5000);
        ShowInSlurm(one, "n1");
        one.Answer = _ => SlowlyAsync();
        thread.Run(Start);
        Pass(TimeSpan.FromSeconds(1));
        thread.Run(() => Cordon(one, "n1"));
        Pass(Executor.PlanTime + TimeSpan.FromSeconds(1));
        Assert.Contains("DrainNodes n1", one.Writes);
        var before = one.Writes.Count;
        Pass(TimeSpan.FromSeconds(5));
        Assert.True(one.Writes.Count > before + 300, $"{before}, then {one.Writes.Count}");
    }

    [Fact]
    public void A_Slurm_that_hangs_delays_no_other_cluster_and_no_other_reader()
    {
        one.Read = () => new TaskCompletionSource<SlurmView>().Task;
        thread.Run(Start);
        Pass(TimeSpan.FromMinutes(1));
        thread.Run(() => other.Show(ClusterLoopPorts.Node("m1")));
        Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(["CreatePod slurmd-m1"], other.Writes);
        Assert.InRange(other.Reads, 30, 32);
        Assert.Equal((1, 0), (one.Reads, one.Writes.Count));
    }

    [Fact]
    public void A_write_that_hangs_delays_no_other_cluster_and_its_own_Slurm_is_read_on()
    {
        one.Answer = _ => new TaskCompletionSource<StepResult>().Task;
        one.Show(ClusterLoopPorts.Node("n1"));
        thread.Run(Start);
        Pass(TimeSpan.FromMinutes(1));
        thread.Run(() => other.Show(ClusterLoopPorts.Node("m1")));
        Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(["CreatePod slurmd-m1"], other.Writes);
        Assert.InRange(one.Reads, 30, 32);
    }

    [Fact]
    public async Task A_subscriber_that_does_not_return_delays_only_its_own_cluster()
    {
        using var held = new ManualResetEventSlim();
        var blocked = new TaskCompletionSource();
        var written = new TaskCompletionSource();
        one.Show(ClusterLoopPorts.Node("n1"));
        Start();
        loops[new ObjectRef("SlurmCluster", "slurm", "one")].Tried += _ =>
        {
            blocked.TrySetResult();
            held.Wait(TestContext.Current.CancellationToken);
        };
        other.Answer = _ =>
        {
            written.TrySetResult();
            return Task.FromResult(StepResult.Done);
        };
        try
        {
            await blocked.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
            other.Show(ClusterLoopPorts.Node("m1"));
            var watch = Stopwatch.StartNew();
            while (!written.Task.IsCompleted)
            {
                Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), "the other cluster waits for the subscriber");
                time.Advance(TimeSpan.FromMilliseconds(50));
                await Task.Yield();
            }
        }
        finally
        {
            held.Set();
        }
    }

    [Fact]
    public void What_is_refused_comes_back_to_the_planner_until_it_is_done()
    {
        var refused = true;
        one.Answer = _ => Task.FromResult(refused ? StepResult.Rejected("the quota is used up") : StepResult.Done);
        one.Show(ClusterLoopPorts.Node("n1"));
        thread.Run(Start);
        var loop = loops[new ObjectRef("SlurmCluster", "slurm", "one")];
        Pass(TimeSpan.FromSeconds(10));
        var refusal = Assert.Single(loop.Refusals);
        Assert.Equal(("node/n1", "the quota is used up", true), (refusal.Key, refusal.Reason, refusal.Rejected));
        refused = false;
        Pass(StepGate.MaxDelay);
        Assert.Empty(loop.Refusals);
    }
}
