namespace Bridge.Core.Health;

/// <summary>One sample of a signal.</summary>
internal sealed record Sample(DateTimeOffset At, string BootId, Reading Reading);

/// <summary>Measures over a window of samples, oldest first, the newest last.</summary>
internal static class CounterWindow
{
    /// <summary>
    /// How much a counter grew. A volatile counter that is smaller than before, or that was read after another boot,
    /// started again from zero: its whole value is growth. A lifetime counter never shrinks; if it does, nothing is
    /// known. A single sample says nothing of when it came: what it counted may be months old.
    /// </summary>
    public static Reading Increase(IReadOnlyList<Sample> samples, SignalKind kind)
    {
        var newest = samples[^1].Reading;
        if (newest.Value is null) return newest;
        var known = samples.Where(s => s.Reading.Value is not null).ToList();
        if (known.Count == 1)
            return Reading.Absent(Absence.TooFewSweeps, "growth needs two sweeps within the window, there is one");
        var grown = 0.0;
        for (var i = 1; i < known.Count; i++)
        {
            var (before, now) = (known[i - 1].Reading.Value ?? 0, known[i].Reading.Value ?? 0);
            var restarted = kind == SignalKind.VolatileCounter
                && (now < before || known[i].BootId != known[i - 1].BootId);
            if (!restarted && now < before)
                return Reading.Absent(Absence.Failed, $"the counter fell from {before} to {now}, which it never may");
            grown += restarted ? now : now - before;
        }
        return new Reading(grown);
    }

    /// <summary>
    /// The share of the samples with a value other than 0; unknown with fewer than five known samples.
    /// </summary>
    public static Reading Share(IReadOnlyList<Sample> samples)
    {
        if (samples[^1].Reading.Value is null) return samples[^1].Reading;
        var known = samples.Where(s => s.Reading.Value is not null).ToList();
        return known.Count < 5
            ? Reading.Absent(Absence.TooFewSweeps, $"a share needs five sweeps, there are {known.Count}")
            : new Reading((double)known.Count(s => s.Reading.Value != 0) / known.Count);
    }
}
