using Bridge.Core.Planning;

namespace Bridge.Control.Loop;

/// <summary>
/// Holds back what was just done and not yet seen (an informer lags behind its own writes), and what just failed: a
/// failure delays its key
/// alone, longer each time up to a cap, and is never given up.
/// </summary>
/// <param name="time">Only its monotonic clock counts: the times given are this gate's own.</param>
public sealed class StepGate(TimeProvider time)
{
    /// <summary>
    /// How long a done step is not done again: longer than any informer lags, shorter than anybody waits.
    /// </summary>
    public static readonly TimeSpan EchoTime = TimeSpan.FromSeconds(5);

    /// <summary>
    /// No failure waits longer, whatever the neighbour asks for: a Retry-After of a day is a mistake, and the key would
    /// rest for a day.
    /// </summary>
    public static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(60);

    /// <summary>Statuses that only count are written at most this often.</summary>
    public static readonly TimeSpan CountsInterval = TimeSpan.FromSeconds(5);

    private readonly SteadyClock clock = new(time);
    private readonly Dictionary<string, (string Why, DateTimeOffset Until)> done = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (int Failures, DateTimeOffset Until)> failed = new(StringComparer.Ordinal);

    /// <summary>Null when the step may run now; else how long it must wait.</summary>
    public TimeSpan? Wait(Step step) => NotBefore(step) - clock.Now;

    /// <summary>Null when the step may run now; else when it may.</summary>
    public DateTimeOffset? NotBefore(Step step)
    {
        var now = clock.Now;
        if (failed.TryGetValue(step.Key, out var failure) && failure.Until > now)
            return failure.Until;
        if (done.TryGetValue(step.Key, out var last) && last.Until > now && (last.Why == step.Why || step.Bookkeeping))
            return last.Until;
        return null;
    }

    /// <summary>How often in a row the step's key has failed.</summary>
    public int Failures(Step step) => failed.GetValueOrDefault(step.Key).Failures;

    public void Record(Step step, StepResult result)
    {
        var now = clock.Now;
        switch (result)
        {
            case StepResult.DoneResult or StepResult.GoneResult:
                failed.Remove(step.Key);
                done[step.Key] = (step.Why, now + (step.Bookkeeping ? CountsInterval : EchoTime));
                break;
            case StepResult.UnavailableResult { After: { } after }:
                Fail(step.Key, now, after);
                break;
            default:
                Fail(step.Key, now, null);
                break;
        }
        Forget(now);
    }

    private void Fail(string key, DateTimeOffset now, TimeSpan? asked)
    {
        var failures = failed.GetValueOrDefault(key).Failures + 1;
        var delay = TimeSpan.FromMilliseconds(500 * Math.Pow(2, Math.Min(failures, 10) - 1));
        var wait = asked > delay ? asked.Value : delay;
        failed[key] = (failures, now + (wait < MaxDelay ? wait : MaxDelay));
    }

    // Keys of nodes that are long gone must not pile up.
    private void Forget(DateTimeOffset now)
    {
        if (done.Count + failed.Count < 1024)
            return;
        foreach (var key in done.Where(d => d.Value.Until <= now).Select(d => d.Key).ToList())
            done.Remove(key);
        foreach (var key in failed.Where(f => f.Value.Until + MaxDelay + MaxDelay <= now).Select(f => f.Key).ToList())
            failed.Remove(key);
    }
}
