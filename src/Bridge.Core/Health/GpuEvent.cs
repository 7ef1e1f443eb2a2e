namespace Bridge.Core.Health;

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
