namespace Bridge.Core.Health;

/// <summary>Reads a signal of a subject from a sweep, and derives those that no driver tells.</summary>
internal static class SignalReader
{
    public static Reading OfGpu(GpuObservation gpu, string signal, Product? product) => signal switch
    {
        "pcie.width_deficit" => Difference(gpu, "pcie.width_max", "pcie.width"),
        "pcie.generation_deficit" => Difference(gpu, "pcie.generation_max", "pcie.generation"),
        "temperature.memory_headroom_celsius" =>
            Difference(gpu, "temperature.memory_max_celsius", "temperature.memory_celsius"),
        "nvlink.missing" => MissingLinks(gpu, product),
        "power.unreadable" => Unreadable(gpu.Of("power.milliwatts")),
        _ => gpu.Of(signal),
    };

    public static Reading OfNode(GpuSweep sweep, string signal, GpuExpectation expectation) => signal switch
    {
        "node.gpu_missing" => AgainstExpectation(sweep, expectation, sign: 1),
        "node.gpu_surplus" => AgainstExpectation(sweep, expectation, sign: -1),
        _ => sweep.Readings.GetValueOrDefault(signal, Reading.NotTaken),
    };

    private static Reading Difference(GpuObservation gpu, string upper, string lower)
    {
        var (high, low) = (gpu.Of(upper), gpu.Of(lower));
        if (high.Value is { } h && low.Value is { } l) return new Reading(h - l);
        return high.Value is null ? high : low;
    }

    /// <summary>
    /// Only a call that failed says that the sensor is gone; one that was not made, or is not supported, says nothing.
    /// </summary>
    private static Reading Unreadable(Reading power) => power switch
    {
        { Value: not null } => new Reading(0),
        { Unknown: Absence.Failed } => new Reading(1, null, power.Detail),
        _ => power,
    };

    private static Reading MissingLinks(GpuObservation gpu, Product? product)
    {
        if (product is null)
            return Reading.Absent(Absence.NotSupported, "the product table does not know how many links there must be");
        if (product.NvLinks == 0) return new Reading(0);
        var active = gpu.Of("nvlink.active");
        if (active.Value is { } up) return new Reading(Math.Max(0, product.NvLinks - up));
        // "Not supported" from a product that has links is no all-clear, except under MIG, where the driver hides them.
        var hides = gpu.Of("mig.enabled").Value == 1;
        return active.Unknown == Absence.NotSupported && !hides
            ? Reading.Absent(Absence.Failed, $"a {product.Name} has {product.NvLinks} links, the driver tells of none")
            : active;
    }

    private static Reading AgainstExpectation(GpuSweep sweep, GpuExpectation expectation, int sign)
    {
        if (expectation.Gpus is not { } expected)
            return Reading.Absent(Absence.NotSupported, "nobody said how many GPUs this node should have");
        var seen = sweep.Readings.GetValueOrDefault("node.gpu_count", Reading.NotTaken);
        return seen.Value is { } count ? new Reading(Math.Max(0, sign * (expected - count))) : seen;
    }
}
