namespace Bridge.Slurm.Reading;

/// <summary>
/// How much of one core reading may take of Slurm's daemons. The time of an answer stands for its cost. Credit grows
/// with time up to two
/// seconds; a read is allowed while there is credit and may run into debt, so a dear one makes the next wait.
/// </summary>
internal sealed class ReadBudget(double share, TimeProvider clock)
{
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(2);

    // slurmctld's part of the time that a text answer takes: an estimate, not a measurement.
    private const double TextShare = 0.2;

    private TimeSpan credit = Most;
    private long stamp = clock.GetTimestamp();

    /// <summary>Whether a read that is not urgent may be made now.</summary>
    public bool Allows
    {
        get
        {
            Earn();
            return credit > TimeSpan.Zero;
        }
    }

    /// <summary>A read took this long.</summary>
    public void Spend(TimeSpan cost)
    {
        Earn();
        credit -= cost;
    }

    /// <summary>
    /// Slurm's client ran this long. Most of it the client decodes and prints, on the machine of Bridge.
    /// </summary>
    public void SpendText(TimeSpan elapsed) => Spend(elapsed * TextShare);

    private void Earn()
    {
        var now = clock.GetTimestamp();
        credit += clock.GetElapsedTime(stamp, now) * share;
        stamp = now;
        if (credit > Most)
            credit = Most;
    }
}
