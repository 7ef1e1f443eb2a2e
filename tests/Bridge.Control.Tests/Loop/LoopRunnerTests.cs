using System.Collections.Concurrent;
using System.Diagnostics;
using Bridge.Control.Loop;
using Bridge.Control.Queues;
using Bridge.Core.Names;
using Bridge.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bridge.Control.Tests.Loop;

public sealed class LoopRunnerTests : IDisposable
{
    private readonly ManualTime time = new();
    private readonly KeyedQueue<ObjectRef> queue;
    private readonly LoopRunner runner;
    private readonly CancellationTokenSource leadership = new();

    public LoopRunnerTests()
    {
        queue = new KeyedQueue<ObjectRef>(time);
        runner = new LoopRunner(queue, time, NullLogger<LoopRunner>.Instance);
    }

    public void Dispose()
    {
        queue.Dispose();
        leadership.Dispose();
    }

    private static ClusterLoop Loop(ClusterLoopPorts ports, TimeProvider time) =>
        new(ports, ports, () => true, time, NullLogger<ClusterLoop>.Instance);

    // The runner works on other threads: the clock goes on in small steps until what is waited for has come.
    private async Task PassUntilAsync(Func<bool> come, string what)
    {
        var watch = Stopwatch.StartNew();
        while (!come())
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"not within 20 seconds: {what}");
            time.Advance(TimeSpan.FromMilliseconds(25));
            await Task.Yield();
        }
    }

    private async Task EndAsync(Task run)
    {
        await leadership.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }

    [Fact]
    public async Task A_loop_is_called_again_when_it_asked_to_be()
    {
        var ports = new ClusterLoopPorts();
        var loop = Loop(ports, time);
        queue.Add(ClusterLoopPorts.Cluster);
        var run = runner.RunAsync((_, _) => ValueTask.FromResult<Tick?>(loop.TickAsync), leadership.Token);
        await PassUntilAsync(() => ports.Reads >= 3, "three reads of Slurm");
        await EndAsync(run);
    }

    [Fact]
    public async Task A_loop_that_throws_is_started_again_after_a_delay()
    {
        var calls = new ConcurrentQueue<DateTimeOffset>();
        queue.Add(ClusterLoopPorts.Cluster);
        var run = runner.RunAsync((_, _) =>
        {
            calls.Enqueue(time.GetUtcNow());
            return calls.Count == 1
                ? throw new InvalidOperationException("a bug")
                : ValueTask.FromResult<Tick?>(null);
        }, leadership.Token);
        await PassUntilAsync(() => calls.Count == 2, "a second call");
        var delay = calls.Last() - calls.First();
        Assert.True(delay >= TimeSpan.FromSeconds(5), $"came after {delay}");
        await EndAsync(run);
    }

    [Fact]
    public async Task A_cluster_that_is_no_longer_served_is_not_asked_for_again()
    {
        var calls = new List<string>();
        var last = new ObjectRef("SlurmCluster", "slurm", "last");
        queue.Add(ClusterLoopPorts.Cluster);
        queue.AddAfter(last, TimeSpan.FromMinutes(1));
        var run = runner.RunAsync((key, _) =>
        {
            lock (calls)
                calls.Add(key.Name);
            return ValueTask.FromResult<Tick?>(null);
        }, leadership.Token);
        await PassUntilAsync(() => Count() == 2, "the call of a minute later");
        Assert.Equal(["lab", "last"], calls);
        await EndAsync(run);

        int Count()
        {
            lock (calls)
                return calls.Count;
        }
    }
}
