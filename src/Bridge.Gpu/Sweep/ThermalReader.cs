using Bridge.Core.Health;
using Bridge.Gpu.Nvml;

namespace Bridge.Gpu.Sweep;

/// <summary>Clocks, temperatures and power.</summary>
internal static class ThermalReader
{
    private const uint ShutdownThreshold = 0;
    private const uint SlowdownThreshold = 1;
    private const uint MemoryMaxThreshold = 2;
    private const uint SmClock = 1;
    private const uint MemoryClock = 2;

    /// <summary>nvml.h, nvmlClocksEventReason*.</summary>
    private static readonly (string Signal, ulong Bit)[] Reasons =
    [
        ("clocks.idle", 0x1), ("clocks.power_cap", 0x4), ("clocks.hw_slowdown", 0x8), ("clocks.sw_thermal", 0x20),
        ("clocks.hw_thermal", 0x40), ("clocks.power_brake", 0x80),
    ];

    public static void Read(NvmlDevice gpu, ReadingSet set)
    {
        Clocks(gpu, set);
        if (set.Gone) return;
        Temperatures(gpu, set);
        if (set.Gone) return;
        set.Add("power.milliwatts", gpu.Number(f => f.PowerUsage));
        set.Add("power.limit_milliwatts", gpu.Number(f => f.EnforcedPowerLimit));
        set.Add("power.energy_millijoules", gpu.Long(f => f.TotalEnergy));
    }

    private static void Clocks(NvmlDevice gpu, ReadingSet set)
    {
        var reasons = gpu.Long(f => f.ClocksEventReasons);
        // The same call under its name before driver 535.
        if (reasons.Code == NvmlReturn.FunctionNotFound) reasons = gpu.Long(f => f.ClocksThrottleReasons);
        set.Add("clocks.reasons", reasons);
        foreach (var (signal, bit) in Reasons) set.Add(signal, reasons, r => (r & bit) == 0 ? 0 : 1);
        set.Add("clocks.sm_mhz", gpu.Number(f => f.ClockInfo, SmClock));
        set.Add("clocks.memory_mhz", gpu.Number(f => f.ClockInfo, MemoryClock));
    }

    private static void Temperatures(NvmlDevice gpu, ReadingSet set)
    {
        var asked = new NvmlTemperatureV1 { Version = NvmlTemperatureV1.Word };
        var celsius = gpu.Struct(f => f.TemperatureV, asked).With(t => t.Celsius);
        if (celsius.Code is NvmlReturn.FunctionNotFound or NvmlReturn.ArgumentVersionMismatch)
            celsius = gpu.Number(f => f.Temperature, 0).With(t => (int)t);
        set.Add("temperature.gpu_celsius", celsius, t => t);
        set.Add("temperature.memory_max_celsius", gpu.Number(f => f.TemperatureThreshold, MemoryMaxThreshold));
        set.Add("temperature.shutdown_celsius", gpu.Number(f => f.TemperatureThreshold, ShutdownThreshold));
        var slowdown = gpu.Number(f => f.TemperatureThreshold, SlowdownThreshold);
        set.Add("temperature.slowdown_celsius", slowdown);
        var margin = gpu.Struct(
            f => f.MarginTemperature, new NvmlMarginTemperatureV1 { Version = NvmlMarginTemperatureV1.Word });
        // Older drivers do not tell the margin, but both of its ends.
        if (margin.Code == NvmlReturn.FunctionNotFound && slowdown.Ok && celsius.Ok)
            set.Set("temperature.margin_celsius", new Reading((double)slowdown.Value - celsius.Value));
        else
            set.Add("temperature.margin_celsius", margin, m => m.Celsius);
    }
}
