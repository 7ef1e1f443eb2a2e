using Bridge.Control.Queues;
using Bridge.Testing;

namespace Bridge.Control.Tests.Queues;

public sealed class KeyedQueueTests : IDisposable
{
    private readonly ManualTime time = new();
    private readonly KeyedQueue<string> queue;

    public KeyedQueueTests() => queue = new KeyedQueue<string>(time);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_key_added_twice_is_taken_once()
    {
        queue.Add("a");
        queue.Add("a");
        queue.Add("b");
        Assert.Equal("a", await queue.TakeAsync(Cancel));
        Assert.Equal("b", await queue.TakeAsync(Cancel));
        Assert.False(queue.TakeAsync(Cancel).AsTask().IsCompleted);
    }

    [Fact]
    public async Task A_key_added_while_it_is_worked_on_comes_back_when_that_is_done()
    {
        queue.Add("a");
        await queue.TakeAsync(Cancel);
        queue.Add("a");
        var next = queue.TakeAsync(Cancel).AsTask();
        Assert.False(next.IsCompleted);
        queue.Done("a");
        Assert.Equal("a", await next);
    }

    [Fact]
    public async Task A_key_that_is_done_and_not_asked_for_again_stays_away()
    {
        queue.Add("a");
        await queue.TakeAsync(Cancel);
        queue.Done("a");
        Assert.False(queue.TakeAsync(Cancel).AsTask().IsCompleted);
    }

    [Fact]
    public async Task A_delayed_key_comes_when_its_time_has()
    {
        queue.AddAfter("a", TimeSpan.FromSeconds(10));
        var next = queue.TakeAsync(Cancel).AsTask();
        time.Advance(TimeSpan.FromSeconds(9));
        Assert.False(next.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("a", await next);
    }

    [Fact]
    public async Task Of_two_delays_the_earlier_counts()
    {
        queue.AddAfter("a", TimeSpan.FromSeconds(10));
        queue.AddAfter("a", TimeSpan.FromSeconds(3));
        queue.AddAfter("a", TimeSpan.FromSeconds(20));
        var next = queue.TakeAsync(Cancel).AsTask();
        time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal("a", await next);
        queue.Done("a");
        var none = queue.TakeAsync(Cancel).AsTask();
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(none.IsCompleted);
    }

    [Fact]
    public async Task Keys_of_many_threads_are_worked_on_one_at_a_time_and_none_is_lost()
    {
        const int keys = 8;
        var running = new int[keys];
        var overlaps = 0;
        var seen = new int[keys];
        using var numbers = new KeyedQueue<int>(time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var workers = Enumerable.Range(0, 4).Select(_ => Task.Run(WorkAsync, Cancel)).ToArray();
        var adders = Enumerable.Range(0, 4).Select(_ => Task.Run(
            () =>
            {
                for (var i = 0; i < 2_000; i++)
                    numbers.Add(i % keys);
            },
            Cancel));
        await Task.WhenAll(adders);
        // A key that is added last is worked on after that: when each has been seen once more, nothing was lost.
        var before = seen.ToArray();
        for (var key = 0; key < keys; key++)
            numbers.Add(key);
        Assert.True(
            SpinWait.SpinUntil(
            () => Enumerable.Range(0, keys).All(k => Volatile.Read(ref seen[k]) > before[k]), TimeSpan.FromSeconds(30)),
            "a key that was added was not worked on within 30 s");
        await stop.CancelAsync();
        await Task.WhenAll(workers);
        Assert.Equal(0, overlaps);

        async Task WorkAsync()
        {
            try
            {
                while (true)
                {
                    var key = await numbers.TakeAsync(stop.Token);
                    if (Interlocked.Increment(ref running[key]) != 1)
                        Interlocked.Increment(ref overlaps);
                    Interlocked.Increment(ref seen[key]);
                    Interlocked.Decrement(ref running[key]);
                    numbers.Done(key);
                }
            }
            catch (OperationCanceledException)
            {
                // The test is over.
            }
        }
    }

    public void Dispose() => queue.Dispose();
}
