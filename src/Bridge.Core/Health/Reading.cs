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
