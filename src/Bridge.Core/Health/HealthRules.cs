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
