namespace Bridge.Testing;

/// <summary>A clock that goes on only when a test says so, with its timers, periodic ones too.</summary>
public sealed class ManualTime(DateTimeOffset start) : TimeProvider
{
    private readonly Lock gate = new();
    private readonly List<ManualTimer> timers = [];
    private TimeSpan passed;

    public ManualTime()
        : this(new DateTimeOffset(2026, 11, 1, 12, 0, 0, TimeSpan.Zero))
    {
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (gate)
            return start + passed;
    }

    public override long GetTimestamp()
    {
        lock (gate)
            return passed.Ticks;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Ends when this much time has passed.</summary>
    public Task After(TimeSpan delay)
    {
        var passed = new TaskCompletionSource();
        CreateTimer(_ => passed.TrySetResult(), null, delay, Timeout.InfiniteTimeSpan);
        return passed.Task;
    }

    /// <summary>How many timers run out within this time.</summary>
    public int Pending(TimeSpan within)
    {
        lock (gate)
            return timers.Count(t => t.Due <= passed + within);
    }

    /// <summary>How long until the next timer runs out; null when there is none.</summary>
    public TimeSpan? UntilNext
    {
        get
        {
            lock (gate)
                return timers.Count == 0 ? null : timers.Min(t => t.Due) - passed;
        }
    }

    /// <summary>Goes on, timer by timer: each sees the time that it was due at.</summary>
    public void Advance(TimeSpan by)
    {
        TimeSpan end;
        lock (gate)
            end = passed + by;
        while (Next(end) is { } timer)
            timer.Fire();
        lock (gate)
            passed = end;
    }

    private ManualTimer? Next(TimeSpan end)
    {
        lock (gate)
        {
            var next = timers.Where(t => t.Due <= end).MinBy(t => t.Due);
            if (next is null)
                return null;
            passed = next.Due > passed ? next.Due : passed;
            next.Fired();
            return next;
        }
    }

    private sealed class ManualTimer(ManualTime clock, Action fire) : ITimer
    {
        private TimeSpan period;

        public TimeSpan Due { get; private set; }

        public void Fire() => fire();

        // Called under the clock's lock.
        public void Fired()
        {
            if (period == Timeout.InfiniteTimeSpan || period == TimeSpan.Zero)
                clock.timers.Remove(this);
            else
                Due += period;
        }

        public bool Change(TimeSpan dueTime, TimeSpan newPeriod)
        {
            lock (clock.gate)
            {
                clock.timers.Remove(this);
                if (dueTime == Timeout.InfiniteTimeSpan)
                    return true;
                (Due, period) = (clock.passed + dueTime, newPeriod);
                clock.timers.Add(this);
            }
            return true;
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
