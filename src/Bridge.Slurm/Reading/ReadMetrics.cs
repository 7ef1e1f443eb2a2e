using System.Diagnostics.Metrics;

namespace Bridge.Slurm.Reading;

/// <summary>What reads of Slurm cost, on the Meter "Bridge", by the rung of the ladder that asked.</summary>
internal static class ReadMetrics
{
    private static readonly Meter Meter = new("Bridge");

    private static readonly Histogram<double> Cost = Meter.CreateHistogram<double>(
        "bridge_slurm_read_cost_seconds", "s", "How long one answer of Slurm took, by rung and by way.");

    /// <param name="rung">What asked.</param>
    /// <param name="way">rest (slurmrestd) or text (Slurm's own client).</param>
    /// <param name="took">Until the answer was there whole.</param>
    public static void Read(Rung rung, string way, TimeSpan took) => Cost.Record(
        took.TotalSeconds, new("rung", rung.ToString().ToLowerInvariant()), new("way", way));
}
