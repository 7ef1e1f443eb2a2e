namespace Bridge.Core.Health;

/// <summary>Everything that one pass over a node's GPUs saw.</summary>
public sealed record GpuSweep
{
    /// <summary>When the pass began.</summary>
    public required DateTimeOffset TakenAt { get; init; }

    /// <summary>The kernel's boot id: counters that live in the driver start again when it changes.</summary>
    public required string BootId { get; init; }

    /// <summary>Kernel driver version, e.g. "550.163.01".</summary>
    public string? DriverVersion { get; init; }

    /// <summary>NVML library version, e.g. "12.550.163.01".</summary>
    public string? NvmlVersion { get; init; }

    /// <summary>Newest CUDA version that the driver serves, "12.4".</summary>
    public string? CudaDriverVersion { get; init; }

    /// <summary>Functions that this NVML does not have.</summary>
    public IReadOnlyList<string> MissingFunctions { get; init; } = [];

    /// <summary>Readings that belong to the node, by signal name.</summary>
    public required IReadOnlyDictionary<string, Reading> Readings { get; init; }

    /// <summary>The GPUs, in the driver's order. The order is no identity.</summary>
    public required IReadOnlyList<GpuObservation> Gpus { get; init; }
}
