namespace Bridge.Kube.Watch;

/// <summary>
/// Growing waits with jitter: each is between half and the whole of a bound that doubles up to a cap.
/// </summary>
public sealed class Backoff(TimeSpan first, TimeSpan cap, Random random)
{
    /// <summary>
    /// A neighbour that asks for more is asked again after this: a Retry-After of a day comes from a mistake, often of
    /// a proxy, and must not blind Bridge for a day. API priority and fairness asks for 32 s at most.
    /// </summary>
    public static readonly TimeSpan LongestWish = TimeSpan.FromMinutes(1);

    private int failures;

    /// <summary>
    /// The next wait; never shorter than what the neighbour asked for, as far as <see cref="LongestWish"/> goes.
    /// </summary>
    public TimeSpan Next(TimeSpan? atLeast = null)
    {
        var bound = Math.Min(cap.TotalMilliseconds, first.TotalMilliseconds * Math.Pow(2, Math.Min(failures++, 30)));
        var wait = TimeSpan.FromMilliseconds(bound * (0.5 + random.NextDouble() / 2));
        if (!(atLeast > wait))
            return wait;
        return atLeast < LongestWish ? atLeast.Value : LongestWish;
    }

    public void Reset() => failures = 0;
}
