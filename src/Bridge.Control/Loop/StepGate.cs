using System.Collections.Immutable;
using Bridge.Core.Planning;
using Bridge.Core.View;

namespace Bridge.Control.Loop;

/// <summary>
/// Holds back what was just done and not yet seen (an informer lags behind its own writes), and what just failed: a
/// failure delays its key alone, longer each time up to a cap, and is never given up. Keeps what was said about each
/// failure until its key succeeds or is wanted no more. Used by one thread at a time.
/// </summary>
/// <param name="time">What is waited for goes by its monotonic clock: the times given are this gate's own.</param>
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

    /// <summary>A conflict is how a stale plan ends; one that comes so often in a row is a refusal.</summary>
    public const int ConflictsToTell = 3;

    private const int Few = 1024;

    private readonly SteadyClock clock = new(time);
    private readonly Dictionary<string, (string Why, DateTimeOffset Until)> done = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (int Failures, DateTimeOffset Until)> failed = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (Refusal Told, bool Conflict)> refused = new(StringComparer.Ordinal);
    private int sweepAt = Few;

    /// <summary>
    /// What was refused or left unanswered, and is wanted still; the same value while nothing changed.
    /// </summary>
    public ImmutableArray<Refusal> Refusals
    {
        get
        {
            if (field.IsDefault)
                field =
                [
                    .. refused.Values.Where(r => !r.Conflict || r.Told.Times >= ConflictsToTell).Select(r => r.Told)
                        .OrderBy(r => r.Key, StringComparer.Ordinal),
                ];
            return field;
        }
        private set;
    }

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
        if (result is StepResult.DoneResult or StepResult.GoneResult)
        {
            failed.Remove(step.Key);
            done[step.Key] = (step.Why, now + (step.Bookkeeping ? CountsInterval : EchoTime));
            if (refused.Remove(step.Key))
                Refusals = default;
        }
        else
            Fail(step, result, now);
        Sweep(now);
    }

    /// <summary>A whole plan: what was refused before and is not in it is wanted no more.</summary>
    public void Wanted(ImmutableArray<Step> plan)
    {
        if (refused.Count == 0)
            return;
        var keys = plan.Select(s => s.Key).ToHashSet(StringComparer.Ordinal);
        foreach (var key in refused.Keys.Where(k => !keys.Contains(k)).ToList())
        {
            refused.Remove(key);
            Refusals = default;
        }
    }

    private void Fail(Step step, StepResult result, DateTimeOffset now)
    {
        // One that was wanted all the while was tried again as soon as it might be.
        var failures = failed.TryGetValue(step.Key, out var last) && !IsOver(last.Until, now) ? last.Failures + 1 : 1;
        var delay = TimeSpan.FromMilliseconds(500 * Math.Pow(2, Math.Min(failures, 10) - 1));
        var wait = result is StepResult.UnavailableResult { After: { } asked } && asked > delay ? asked : delay;
        failed[step.Key] = (failures, now + (wait < MaxDelay ? wait : MaxDelay));
        // A status that cannot be written cannot be told in a status.
        if (step.Bookkeeping)
            return;
        var since = refused.GetValueOrDefault(step.Key).Told?.Since ?? time.GetUtcNow();
        var told = new Refusal(
            step.Key, step.About, step.Why, result.Reason, result is StepResult.RejectedResult, since, failures);
        refused[step.Key] = (told, result is StepResult.ConflictResult);
        Refusals = default;
    }

    // Keys of nodes that are long gone must not pile up. Swept when there are twice as many as the last sweep left.
    private void Sweep(DateTimeOffset now)
    {
        if (done.Count + failed.Count < sweepAt)
            return;
        foreach (var key in done.Where(d => d.Value.Until <= now).Select(d => d.Key).ToList())
            done.Remove(key);
        foreach (var key in failed.Where(f => IsOver(f.Value.Until, now)).Select(f => f.Key).ToList())
            failed.Remove(key);
        sweepAt = Math.Max(Few, 2 * (done.Count + failed.Count));
    }

    private static bool IsOver(DateTimeOffset until, DateTimeOffset now) => until + MaxDelay + MaxDelay <= now;
}
