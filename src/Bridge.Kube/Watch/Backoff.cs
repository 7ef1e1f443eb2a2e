namespace Bridge.Kube.Watch;

/// <summary>
/// Growing waits with jitter: each is between half and the whole of a bound that doubles up to a cap.
/// </summary>
public sealed class Backoff(TimeSpan first, TimeSpan cap, Random random)
{
    private int failures;

    /// <summary>The next wait; never shorter than what the neighbour asked for.</summary>
    public TimeSpan Next(TimeSpan? atLeast = null)
    {
        var bound = Math.Min(cap.TotalMilliseconds, first.TotalMilliseconds * Math.Pow(2, Math.Min(failures++, 30)));
        var wait = TimeSpan.FromMilliseconds(bound * (0.5 + random.NextDouble() / 2));
        return atLeast is { } wish && wish > wait ? wish : wait;
    }

    public void Reset() => failures = 0;
}
