namespace Bridge.Lab.Fixtures;

/// <summary>What NVML would say of a product, as far as drivers publish it; memory is that of one GPU.</summary>
public sealed record GpuProduct(string Name, string Architecture, string ComputeCapability, int MemoryMiB)
{
    private static readonly GpuProduct[] Known =
    [
        new("NVIDIA A100-SXM4-80GB", "Ampere", "8.0", 81920),
        new("NVIDIA H100 80GB HBM3", "Hopper", "9.0", 81559),
        new("NVIDIA H200", "Hopper", "9.0", 143771),
        new("NVIDIA B200", "Blackwell", "10.0", 183359),
        new("NVIDIA L40S", "Ada Lovelace", "8.9", 46068),
    ];

    public static IEnumerable<string> Names => Known.Select(p => p.Name);

    /// <summary>Null for a product that the lab does not know.</summary>
    public static GpuProduct? Find(string name) =>
        Known.FirstOrDefault(p => p.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
}
