namespace Bridge.Core.Health;

/// <summary>One datum of a sweep: a value, or the reason why there is none. The unit belongs to the signal.</summary>
/// <param name="Value">The value; null exactly when <paramref name="Unknown"/> is set.</param>
/// <param name="Unknown">Why there is no value.</param>
/// <param name="Detail">What the driver said, e.g. "nvmlDeviceGetRemappedRows returned 3 (not supported)".</param>
public sealed record Reading(double? Value, Absence? Unknown = null, string? Detail = null)
{
    /// <summary>A reading that was never taken.</summary>
    public static readonly Reading NotTaken = new(null, Absence.NotAsked, "this sweep does not hold the signal");

    /// <summary>A reading without a value.</summary>
    public static Reading Absent(Absence why, string detail) => new(null, why, detail);
}

/// <summary>Why a datum has no value. None of these means "fine".</summary>
public enum Absence
{
    /// <summary>
    /// The driver says that this device or mode does not have it (NVML return 3), e.g. row remapping under MIG.
    /// </summary>
    NotSupported,

    /// <summary>
    /// The library on this machine is too old to have the function (NVML return 13, or no such symbol).
    /// </summary>
    FunctionMissing,

    /// <summary>The caller may not read it (NVML return 4).</summary>
    NoPermission,

    /// <summary>The GPU is lost (NVML return 15).</summary>
    DeviceLost,

    /// <summary>The GPU needs a reset before it answers (NVML return 16).</summary>
    ResetRequired,

    /// <summary>Any other return code; the detail names it.</summary>
    Failed,

    /// <summary>It shows only over several sweeps, and there are too few yet.</summary>
    TooFewSweeps,

    /// <summary>It was not asked for, because something before it already failed.</summary>
    NotAsked,
}
