using Bridge.Control.Loop;
using Bridge.Control.Queues;
using Bridge.Core.Names;
using Bridge.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bridge.Control.Tests.Loop;

public sealed class LoopRunnerTests : IDisposable
{
    private static readonly ObjectRef One = new("SlurmCluster", "slurm", "one");
    private static readonly ObjectRef Other = new("SlurmCluster", "slurm", "other");

    private readonly ManualTime time = new();
    private readonly OneThread thread = new();
    private readonly KeyedQueue<ObjectRef> queue;
    private readonly LoopRunner runner;
    private readonly CancellationTokenSource leadership = new();
    private readonly List<(string Key, TimeSpan At)> calls = [];
    private readonly DateTimeOffset start;
    private Task run = Task.CompletedTask;

    public LoopRunnerTests()
    {
        start = time.GetUtcNow();
        queue = new KeyedQueue<ObjectRef>(time);
        runner = new LoopRunner(queue, time, NullLogger<LoopRunner>.Instance);
    }

    public void Dispose()
    {
        queue.Dispose();
        leadership.Dispose();
    }

    private void Start(Tick? tick) => thread.Run(() => run = runner.RunAsync((key, _) =>
    {
        calls.Add((key.Name, time.GetUtcNow() - start));
        return ValueTask.FromResult(tick);
    }, leadership.Token));

    private void Pass(TimeSpan by) => thread.Pass(time, by);

    private void Add(ObjectRef key) => thread.Run(() => queue.Add(key));

    private int Calls(ObjectRef key) => calls.Count(c => c.Key == key.Name);

    private void End()
    {
        thread.Run(leadership.Cancel);
        Assert.True(run.IsCanceled);
    }

    [Fact]
    public void A_loop_is_called_again_when_it_asked_to_be()
    {
        Start((_, _) => Task.FromResult(TimeSpan.FromSeconds(10)));
        Add(One);
        Pass(TimeSpan.FromSeconds(25));
        Assert.Equal([0, 10, 20], calls.Select(c => c.At.TotalSeconds));
        End();
    }

    [Fact]
    public void A_burst_of_events_is_one_turn()
    {
        Start((_, _) => Task.FromResult(TimeSpan.FromHours(1)));
        for (var i = 0; i < 1000; i++)
            Add(One);
        Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(2, Calls(One));
        End();
    }

    [Fact]
    public void A_loop_that_throws_rests_whatever_happens_meanwhile_and_is_started_again()
    {
        Start((_, _) => throw new InvalidOperationException("a bug"));
        for (var i = 0; i < 100; i++)
        {
            Add(One);
            Pass(TimeSpan.FromMilliseconds(100));
        }
        Assert.Equal([0, 5, 10], calls.Select(c => c.At.TotalSeconds));
        End();
    }

    [Fact]
    public void A_cluster_that_is_no_longer_served_is_not_asked_for_again()
    {
        Start(null);
        Add(One);
        Pass(TimeSpan.FromHours(1));
        Assert.Equal(1, Calls(One));
        End();
    }

    [Fact]
    public void A_key_that_hangs_delays_no_other_and_runs_never_twice_at_once()
    {
        var hangs = new TaskCompletionSource<TimeSpan>();
        Start((key, _) => key == One ? hangs.Task : Task.FromResult(TimeSpan.FromSeconds(1)));
        Add(One);
        Add(Other);
        Add(One);
        Pass(TimeSpan.FromMinutes(1));
        Assert.Equal((1, 61), (Calls(One), Calls(Other)));
        thread.Run(() => hangs.SetResult(TimeSpan.FromHours(1)));
        Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(2, Calls(One));
        End();
    }

    [Fact]
    public void The_runner_ends_when_its_last_worker_has()
    {
        var underWay = new TaskCompletionSource<TimeSpan>();
        Start((_, _) => underWay.Task);
        Add(One);
        thread.Run(leadership.Cancel);
        Assert.False(run.IsCompleted);
        thread.Run(() => underWay.SetResult(TimeSpan.Zero));
        Assert.True(run.IsCanceled);
    }
}
