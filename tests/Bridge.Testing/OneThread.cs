namespace Bridge.Testing;

/// <summary>
/// Runs every continuation on the one thread of a test, in the order in which it was posted: the same seed gives the
/// same run, although the production code is asynchronous.
/// </summary>
public sealed class OneThread : SynchronizationContext
{
    private readonly Queue<(SendOrPostCallback Callback, object? State)> ready = new();

    public override void Post(SendOrPostCallback d, object? state) => ready.Enqueue((d, state));

    public override void Send(SendOrPostCallback d, object? state) =>
        throw new NotSupportedException("nothing here may wait for another thread");

    /// <summary>Runs an action and all that follows from it, until everything waits for time to pass.</summary>
    public void Run(Action start)
    {
        var before = Current;
        SetSynchronizationContext(this);
        try
        {
            start();
            while (ready.TryDequeue(out var next))
                next.Callback(next.State);
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    /// <summary>Lets time pass, from one timer to the next, and all run that follows from each.</summary>
    public void Pass(ManualTime time, TimeSpan by)
    {
        Run(static () => { });
        do
        {
            var step = time.UntilNext is { } next && next < by ? next : by;
            Run(() => time.Advance(step));
            by -= step;
        }
        while (by > TimeSpan.Zero);
    }
}
