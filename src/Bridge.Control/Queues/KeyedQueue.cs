using System.Threading.Channels;

namespace Bridge.Control.Queues;

/// <summary>
/// A queue of keys. A key waits at most once however often it is added; a key that is being worked on and added again
/// comes back when its worker is done. So the same key never runs twice at once, and no change is lost.
/// </summary>
public sealed class KeyedQueue<TKey>(TimeProvider time) : IDisposable
    where TKey : notnull
{
    private readonly Channel<TKey> ready = Channel.CreateUnbounded<TKey>();
    private int waiting;
    private readonly Lock gate = new();
    private readonly HashSet<TKey> dirty = [];
    private readonly HashSet<TKey> processing = [];
    private readonly Dictionary<TKey, (DateTimeOffset Due, ITimer Timer)> delayed = [];

    /// <summary>Asks for work on a key, now.</summary>
    public void Add(TKey key)
    {
        lock (gate)
        {
            if (dirty.Add(key) && !processing.Contains(key))
                Ready(key);
        }
    }

    /// <summary>
    /// Asks for work on a key after a time. Of several delays of one key the earliest counts; an <see cref="Add"/> does
    /// not cancel it.
    /// </summary>
    public void AddAfter(TKey key, TimeSpan delay)
    {
        if (delay <= TimeSpan.Zero)
        {
            Add(key);
            return;
        }
        lock (gate)
        {
            var due = time.GetUtcNow() + delay;
            if (delayed.TryGetValue(key, out var waiting))
            {
                if (waiting.Due <= due)
                    return;
                waiting.Timer.Dispose();
            }
            delayed[key] = (due, time.CreateTimer(_ => Fire(key, due), null, delay, Timeout.InfiniteTimeSpan));
        }
    }

    /// <summary>The next key, which must be given back by <see cref="Done"/>.</summary>
    public async ValueTask<TKey> TakeAsync(CancellationToken cancel)
    {
        var key = await ready.Reader.ReadAsync(cancel);
        lock (gate)
        {
            dirty.Remove(key);
            processing.Add(key);
            Count(-1);
        }
        return key;
    }

    /// <summary>Ends the work on a key; if it was asked for meanwhile, it is ready again.</summary>
    public void Done(TKey key)
    {
        lock (gate)
        {
            if (processing.Remove(key) && dirty.Contains(key))
                Ready(key);
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            foreach (var (_, timer) in delayed.Values)
                timer.Dispose();
            delayed.Clear();
            Count(-waiting);
        }
    }

    private void Ready(TKey key)
    {
        if (ready.Writer.TryWrite(key))
            Count(1);
    }

    private void Count(int keys)
    {
        waiting += keys;
        LoopMetrics.Queued(keys);
    }

    private void Fire(TKey key, DateTimeOffset due)
    {
        lock (gate)
        {
            if (!delayed.TryGetValue(key, out var waiting) || waiting.Due != due)
                return;
            waiting.Timer.Dispose();
            delayed.Remove(key);
        }
        Add(key);
    }
}
