namespace Bridge.Sim;

/// <summary>
/// Runs every continuation on the one thread of the simulation, in the order in which it was posted: the same seed
/// gives the same run, although the production code is asynchronous.
/// </summary>
internal sealed class SimScheduler : SynchronizationContext
{
    private readonly Queue<(SendOrPostCallback Callback, object? State)> ready = new();

    public override void Post(SendOrPostCallback d, object? state) => ready.Enqueue((d, state));

    public override void Send(SendOrPostCallback d, object? state) =>
        throw new NotSupportedException("nothing in a simulation may wait for another thread");

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
}
