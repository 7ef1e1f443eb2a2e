using Bridge.Slurm.Rest;

namespace Bridge.Slurm.Reading;

/// <summary>The ways to learn what is new in Slurm, cheapest first.</summary>
internal enum Rung
{
    /// <summary>One job that was named: by a hook, or because it is to be known better.</summary>
    Push,

    /// <summary>Whether anything changed, and whether anybody is there.</summary>
    Bell,

    /// <summary>All nodes, partitions, or states of jobs.</summary>
    Diff,

    /// <summary>What accounting says of jobs that ended.</summary>
    Record,
}

/// <summary>
/// How much of one core reading may take of Slurm's daemons. An answer over REST costs by its bytes, one by Slurm's
/// client by its records, never by its time: on a busy machine that is anything, and Bridge would see least when most
/// happens. Credit grows with time up to two seconds; a read is allowed while there is credit and may run into debt, so
/// a dear one makes the next wait.
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

    // What slurmrestd pays for a request, and for each byte of JSON that it writes; the second is held to the figure
    // slurmrestd_ns_per_byte of the same bench.
    public const double NanosecondsPerByte = 170;
    private static readonly TimeSpan Request = TimeSpan.FromMilliseconds(1);

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

    /// <summary>slurmrestd answered.</summary>
    public void Spend(Rung rung, AnswerCost answer)
    {
        ReadMetrics.Read(rung, "rest", answer.Elapsed);
        Spend(Request + TimeSpan.FromMicroseconds(answer.Bytes * NanosecondsPerByte / 1000));
    }

    /// <summary>slurmctld packed so many records for Slurm's client.</summary>
    public void SpendText(TimeSpan perRecord, int records) => Spend(perRecord * records);

    private void Spend(TimeSpan cost)
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
