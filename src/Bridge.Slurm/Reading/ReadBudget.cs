namespace Bridge.Slurm.Reading;

/// <summary>
/// How much of one core reading may take of Slurm's daemons. Of an answer over REST the time stands for its cost, of
/// one by Slurm's client the number of records: its time is mostly the client's own, and on a busy machine it is
/// anything. Credit grows with time up to two seconds; a read is allowed while there is credit and may run into debt,
/// so a dear one makes the next wait.
/// </summary>
internal sealed class ReadBudget(double share, TimeProvider clock)
{
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(2);

    /// <summary>
    /// What slurmctld pays for a record that it packs for Slurm's client, and for a command; held to what
    /// `scripts/bench snapshot` measures (slurmctld_us_per_node_record and slurmctld_us_per_job_record).
    /// </summary>
    public static readonly TimeSpan NodeRecord = TimeSpan.FromMicroseconds(10);

    /// <inheritdoc cref="NodeRecord"/>
    public static readonly TimeSpan JobRecord = TimeSpan.FromMicroseconds(6);

    /// <inheritdoc cref="NodeRecord"/>
    public static readonly TimeSpan Command = TimeSpan.FromMilliseconds(1);

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

    /// <summary>A read cost this much.</summary>
    public void Spend(TimeSpan cost)
    {
        Earn();
        credit -= cost;
    }

    private void Earn()
    {
        var now = clock.GetTimestamp();
        credit += clock.GetElapsedTime(stamp, now) * share;
        stamp = now;
        if (credit > Most)
            credit = Most;
    }
}
