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

/// <summary>What kind of event a GPU or its driver reported.</summary>
public enum GpuEventKind
{
    /// <summary>An XID: the driver's error number.</summary>
    Xid,

    /// <summary>An SXID: the NVSwitch driver's error number.</summary>
    SXid,

    /// <summary>Another NVML event; <see cref="GpuEvent.Code"/> is its bit.</summary>
    Nvml,
}

/// <summary>One event.</summary>
/// <param name="At">When it was seen.</param>
/// <param name="BootId">Boot id at that time.</param>
/// <param name="Kind">What the code means.</param>
/// <param name="Code">XID, SXID or NVML event bit.</param>
/// <param name="Uuid">The GPU; null for an NVSwitch or where the driver could not tell.</param>
/// <param name="Text">What the driver wrote, if anything.</param>
public sealed record GpuEvent(
    DateTimeOffset At, string BootId, GpuEventKind Kind, long Code, string? Uuid, string? Text = null);
