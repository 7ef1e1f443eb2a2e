using System.Diagnostics;
using Bridge.Gpu.Nvml;
using Bridge.Gpu.Sweep;

namespace Bridge.Bench;

/// <summary>
/// Cost of one NVML sweep of 8 GPUs on the fake, and of the whole probe process around it. Needs BRIDGE_NATIVE, the
/// folder
/// that scripts/native-build prints; scripts/bench sets it.
/// </summary>
public static class ProbeBench
{
    private const string Name = "probe";
    private const int Sweeps = 300;
    private const int Probes = 7;

    /// <summary>Runs the bench.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        if (args.Length > 0 || Environment.GetEnvironmentVariable("BRIDGE_NATIVE") is not { Length: > 0 } folder)
        {
            Console.Error.WriteLine("usage: bench probe, with BRIDGE_NATIVE set to the folder of scripts/native-build");
            return 2;
        }
        var library = Path.Combine(folder, "r580", "libnvidia-ml.so.1");
        var state = Path.Combine(folder, "presets", "h100x8.gpu");
        // For the copy inside this process: the library asks the C environment.
        using var variable = new CEnvironment("BRIDGE_FAKE_GPU", state);
        var holds = Sweep(library);
        holds &= await ProcessAsync(library, state);
        return holds ? 0 : 1;
    }

    private static bool Sweep(string library)
    {
        var opening = NvmlLibrary.Open(library);
        using var nvml = opening.Library ?? throw new InvalidOperationException(opening.Why);
        for (var i = 0; i < Sweeps; i++) NvmlSweep.Take(nvml, TimeProvider.System, "");
        var times = new double[Sweeps];
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Sweeps; i++)
        {
            var began = Stopwatch.GetTimestamp();
            NvmlSweep.Take(nvml, TimeProvider.System, "");
            times[i] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }
        var allocated = (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Sweeps;
        // A sweep every 15 s (NVSentinel's interval) that takes 5 ms is 0.03 % of a core.
        return Line("probe_sweep_ms_median", Median(times), "ms", 5)
            & Line("probe_sweep_ms_p99", times.Order().ElementAt(Sweeps * 99 / 100), "ms", null)
            & Line("probe_sweep_allocated_bytes", allocated, "bytes", 256 * 1024);
    }

    private static async Task<bool> ProcessAsync(string library, string state)
    {
        var times = new double[Probes];
        for (var i = 0; i < Probes; i++)
        {
            var start = new ProcessStartInfo(
                Path.Combine(AppContext.BaseDirectory, "bridge"), ["probe", "nvml", "--library", library])
            {
                RedirectStandardOutput = true,
            };
            start.Environment["BRIDGE_FAKE_GPU"] = state;
            var began = Stopwatch.GetTimestamp();
            using var probe = Process.Start(start) ?? throw new InvalidOperationException("bridge did not start");
            await probe.StandardOutput.ReadToEndAsync();
            await probe.WaitForExitAsync();
            if (probe.ExitCode != 0) throw new InvalidOperationException($"the probe ended with {probe.ExitCode}");
            times[i] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }
        return Line("probe_process_ms_median", Median(times), "ms", 5000);
    }

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);

    private static bool Line(string figure, double value, string unit, double? limit) =>
        new BenchLine(Name, figure, Math.Round(value, 3), unit, limit).Print();
}
