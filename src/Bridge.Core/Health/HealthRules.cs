namespace Bridge.Core.Health;

/// <summary>All the data that a verdict rests on, validated.</summary>
public sealed record HealthRules
{
    /// <summary>The check table, in file order.</summary>
    public required IReadOnlyList<HealthCheck> Checks { get; init; }

    /// <summary>The product table; the first match wins.</summary>
    public required IReadOnlyList<Product> Products { get; init; }

    /// <summary>Bus bandwidth lines.</summary>
    public required IReadOnlyList<BusBandwidthLine> BusBandwidth { get; init; }

    /// <summary>The line beside same-shape peers.</summary>
    public required RelativeLine Relative { get; init; }

    /// <summary>When a signal that comes and goes counts as flapping.</summary>
    public required FlappingRule Flapping { get; init; }

    /// <summary>GPU utilization in percent from which a GPU counts as under load.</summary>
    public required double LoadPercent { get; init; }

    /// <summary>XIDs by code.</summary>
    public required IReadOnlyDictionary<long, XidRule> Xids { get; init; }

    /// <summary>SXIDs by code.</summary>
    public required IReadOnlyDictionary<long, XidRule> SXids { get; init; }

    /// <summary>Other NVML events by bit.</summary>
    public required IReadOnlyDictionary<long, XidRule> Events { get; init; }

    /// <summary>Classes of events.</summary>
    public required IReadOnlyDictionary<string, XidClass> Classes { get; init; }

    /// <summary>When repeated events escalate.</summary>
    public required XidRepeat Repeat { get; init; }

    /// <summary>The product of an NVML name, or null.</summary>
    public Product? ProductOf(string? nvmlName) => nvmlName is null ? null : Products.FirstOrDefault(
        p => p.Match.Any(m => nvmlName.Contains(m, StringComparison.OrdinalIgnoreCase)));
}

/// <summary>A check that changes between good and bad this often within so many sweeps is flapping.</summary>
public sealed record FlappingRule(int Changes, int Sweeps);

/// <summary>What was promised about a node.</summary>
/// <param name="Gpus">How many GPUs it should have; null where nobody said.</param>
public sealed record GpuExpectation(int? Gpus = null);

/// <summary>What an XID, SXID or NVML event means.</summary>
/// <param name="Code">The number.</param>
/// <param name="Name">The driver's name for it.</param>
/// <param name="Class">A class of the table: application, ignore, reset, reboot, hardware …</param>
/// <param name="Text">In words.</param>
/// <param name="Why">Where the sources disagree: which one the table follows, and why.</param>
public sealed record XidRule(long Code, string Name, string Class, string Text, string? Why = null);

/// <summary>What follows from a class of events.</summary>
public sealed record XidClass(Severity Severity, Consequence Consequence);

/// <summary>When events of the same code on the same GPU repeat, the hardware must be looked at.</summary>
/// <param name="Classes">Classes that are counted.</param>
/// <param name="Count">This many within the window escalate.</param>
/// <param name="Window">How far back is counted.</param>
/// <param name="Consequence">What follows then.</param>
public sealed record XidRepeat(
    IReadOnlySet<string> Classes, int Count, TimeSpan Window, Consequence Consequence);

/// <summary>The line that a test must reach beside its same-shape peers, whatever the absolute lines say.</summary>
/// <param name="Share">Of the peers' median.</param>
/// <param name="MinTests">With fewer tests of a shape there is no median to speak of.</param>
/// <param name="MinBytes">For messages of at least this size; smaller ones measure latency.</param>
/// <param name="Provenance">Who uses this line.</param>
public sealed record RelativeLine(
    double Share, int MinTests, long MinBytes, IReadOnlyList<Provenance> Provenance);

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

/// <summary>What Bridge knows of a GPU product.</summary>
/// <param name="Name">Short name as used in checks and in GRES types: "h100".</param>
/// <param name="Match">A product matches when NVML's name holds one of these, upper and lower case alike.</param>
/// <param name="GpusPerNode">How many a usual node has.</param>
/// <param name="NvLinks">Links that must be active; 0 where links are optional or absent.</param>
/// <param name="Provenance">Where the numbers come from.</param>
public sealed record Product(
    string Name, IReadOnlyList<string> Match, int GpusPerNode, int NvLinks, IReadOnlyList<Provenance> Provenance);
