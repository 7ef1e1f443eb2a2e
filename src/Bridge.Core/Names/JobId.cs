using System.Globalization;

namespace Bridge.Core.Names;

/// <summary>
/// A Slurm job id. Ids wrap and requeued jobs keep theirs: a job's identity over time is (JobId, submit time).
/// </summary>
public readonly record struct JobId(uint Value) : IComparable<JobId>
{
    public int CompareTo(JobId other) => Value.CompareTo(other.Value);

    public static bool operator <(JobId left, JobId right) => left.Value < right.Value;

    public static bool operator >(JobId left, JobId right) => left.Value > right.Value;

    public static bool operator <=(JobId left, JobId right) => left.Value <= right.Value;

    public static bool operator >=(JobId left, JobId right) => left.Value >= right.Value;

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
