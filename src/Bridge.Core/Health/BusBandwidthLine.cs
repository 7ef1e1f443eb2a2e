namespace Bridge.Core.Health;

/// <summary>The least bus bandwidth that an all-reduce should reach.</summary>
/// <param name="Product">A product of the table.</param>
/// <param name="MinNodes">From this many nodes on …</param>
/// <param name="MaxNodes">… up to this many.</param>
/// <param name="MinBytes">For messages of at least this size; smaller ones measure latency.</param>
/// <param name="BytesPerSecond">The line.</param>
/// <param name="Provenance">Who uses this line.</param>
public sealed record BusBandwidthLine(
    string Product, int MinNodes, int MaxNodes, long MinBytes, double BytesPerSecond,
    IReadOnlyList<Provenance> Provenance);

/// <summary>Bus bandwidth as nccl-tests defines it, and the lines that it is held against.</summary>
public static class BusBandwidth
{
    /// <summary>Bus bandwidth of an all-reduce: bytes/second × 2(n−1)/n (nccl-tests, PERFORMANCE.md).</summary>
    public static double OfAllReduce(long bytes, TimeSpan time, int ranks) =>
        time <= TimeSpan.Zero || ranks < 1 ? 0 : bytes / time.TotalSeconds * (2.0 * (ranks - 1) / ranks);

    /// <summary>The strictest line that applies, or null where nobody has published one.</summary>
    public static BusBandwidthLine? LineFor(HealthRules rules, string product, int nodes, long bytes) =>
        rules.BusBandwidth
            .Where(l => l.Product == product && nodes >= l.MinNodes && nodes <= l.MaxNodes && bytes >= l.MinBytes)
            .MaxBy(l => l.BytesPerSecond);
}
