using System.Threading.Channels;
using Bridge.Control.Ports;
using Bridge.Core.View;
using Microsoft.Extensions.Logging;

namespace Bridge.Control.Loop;

/// <summary>
/// The reader of one Slurm: a task of its own, as an informer is of Kubernetes, and on every replica. All that looks at
/// Slurm (planner, job API, ledger, metrics) subscribes here; nobody else reads.
/// </summary>
public sealed class SlurmFeed(ISlurmPort port, TimeProvider time, ILogger<SlurmFeed> log)
{
    /// <summary>
    /// The least time between two reads, however often somebody rings or asks: four reads a second at most. What they
    /// may cost is the adapter's budget.
    /// </summary>
    public static readonly TimeSpan AtMostEvery = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(5);

    private readonly Channel<bool> wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Lock gate = new();
    private volatile SlurmView view = new();
    private long begun;
    private long asked;
    private long completed;
    private long pollTicks = TimeSpan.FromSeconds(2).Ticks;
    private long? ended;
    private bool failed;

    /// <summary>The newest view; the same value while nothing changed.</summary>
    public SlurmView View => view;

    /// <summary>
    /// Raised after <see cref="View"/> has changed, and after a read that was asked for has ended. Handlers run one
    /// after another in the reader's own task, so they return at once (note it, queue a key): while one works, nothing
    /// is read. One that throws is logged and keeps nobody else from being called.
    /// </summary>
    public event Action? Changed;

    /// <summary>How often Slurm is read while nobody rings.</summary>
    public TimeSpan Poll
    {
        get => new(Volatile.Read(ref pollTicks));
        set
        {
            if (Interlocked.Exchange(ref pollTicks, value.Ticks) != value.Ticks)
                wake.Writer.TryWrite(true);
        }
    }

    /// <summary>
    /// Number of the last read that ended. The view that is taken after this number was read is of that read or a
    /// later one.
    /// </summary>
    public long Completed => Volatile.Read(ref completed);

    /// <summary>Something happened in Slurm: it is read soon. Safe from any thread; rings gather.</summary>
    public void Ring() => Ask();

    /// <summary>
    /// Asks for a read that begins after this call, and returns its number. It comes soon, not at once.
    /// </summary>
    public long Ask()
    {
        long number;
        lock (gate)
            number = asked = begun + 1;
        wake.Writer.TryWrite(true);
        return number;
    }

    /// <summary>
    /// Reads until cancelled. A read that throws is logged, marks every source of the view as not current, and is tried
    /// again after a rest.
    /// </summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        await using var timer = time.CreateTimer(
            _ => wake.Writer.TryWrite(true), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            if (Rest() is { } rest && rest > TimeSpan.Zero)
            {
                timer.Change(rest, Timeout.InfiniteTimeSpan);
                await wake.Reader.ReadAsync(cancel);
            }
            else
                await ReadAsync(cancel);
        }
    }

    // How long until the next read is due. Counted from the end of the last one: reads that are slow never follow each
    // other without a pause.
    private TimeSpan Rest()
    {
        if (ended is not { } last)
            return TimeSpan.Zero;
        bool wanted;
        lock (gate)
            wanted = asked > begun;
        var interval = failed ? AfterFailure : wanted || Poll < AtMostEvery ? AtMostEvery : Poll;
        return interval - time.GetElapsedTime(last);
    }

    private async Task ReadAsync(CancellationToken cancel)
    {
        bool wanted;
        long number;
        lock (gate)
        {
            wanted = asked > begun;
            number = ++begun;
        }
        var before = view;
        var began = time.GetTimestamp();
        var after = await TryReadAsync(cancel);
        LoopMetrics.Read(time.GetElapsedTime(began));
        view = after;
        ended = time.GetTimestamp();
        Volatile.Write(ref completed, number);
        if (wanted || !ReferenceEquals(before, after))
            Publish();
    }

    private async Task<SlurmView> TryReadAsync(CancellationToken cancel)
    {
        try
        {
            var read = await port.ReadAsync(cancel);
            failed = false;
            return read;
        }
        catch (Exception exception) when (!cancel.IsCancellationRequested)
        {
            log.ReadFailed(exception);
            failed = true;
            return Failed(view, $"reading Slurm failed inside Bridge: {exception.Message}");
        }
    }

    private void Publish()
    {
        foreach (var handler in Delegate.EnumerateInvocationList(Changed))
            try
            {
                handler();
            }
            catch (Exception exception)
            {
                log.SubscriberFailed(exception);
            }
    }

    private static SlurmView Failed(SlurmView view, string why)
    {
        var failed = view with
        {
            Nodes = view.Nodes with { Error = why },
            Partitions = view.Partitions with { Error = why },
            Jobs = view.Jobs with { Error = why },
        };
        return failed == view ? view : failed;
    }
}
