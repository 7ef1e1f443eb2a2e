namespace Bridge.Control.Loop;

/// <summary>
/// The time of day when it was made, and from then on the monotonic clock: delays must not stretch or vanish because
/// somebody set the machine's clock.
/// </summary>
internal sealed class SteadyClock(TimeProvider time)
{
    private readonly DateTimeOffset start = time.GetUtcNow();
    private readonly long origin = time.GetTimestamp();

    public DateTimeOffset Now => start + time.GetElapsedTime(origin);
}
