using System.Text.Json;
using Bridge.Gpu.Nvml;
using Bridge.Gpu.Sweep;

namespace Bridge.Daemon.Probe;

/// <summary>The child side of <c>bridge probe nvml</c>: the only place where NVML is really called.</summary>
internal static class NvmlChild
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    /// <summary>One sweep, one line of JSON.</summary>
    public static int Sweep(string? library, TimeProvider time)
    {
        ChildSide.Begin();
        var opening = NvmlLibrary.Open(library, ChildSide.Trace());
        using var nvml = opening.Library;
        var began = time.GetTimestamp();
        var sweep = opening.State switch
        {
            NvmlState.DriverMismatch => NvmlSweep.OfMismatch(time, ChildSide.BootId(), opening.Why),
            _ => nvml is null ? null : NvmlSweep.Take(nvml, time, ChildSide.BootId()),
        };
        var took = time.GetElapsedTime(began).TotalMilliseconds;
        var answer = new NvmlAnswer(1, opening.State, opening.Why, opening.Advice, nvml?.Path, took, sweep);
        Console.Out.WriteLine(JsonSerializer.Serialize(answer, ProbePrint.Json.NvmlAnswer));
        return 0;
    }

    /// <summary>Events until the parent ends this process; at least one line a second says that it lives.</summary>
    public static int Watch(string? library, TimeProvider time)
    {
        ChildSide.Begin();
        var opening = NvmlLibrary.Open(library, ChildSide.Trace());
        using var nvml = opening.Library;
        if (nvml is null) return Fail(opening);
        var beginning = NvmlWatch.Begin(nvml);
        if (!beginning.Ok) return Fail(new NvmlOpening(NvmlState.Failed, null, beginning.Explain(), ""));
        using var watch = beginning.Value;
        Write(new WatchMessage(new WatchStarted(1, "started", nvml.Path, watch.Gpus), null, null));
        while (true)
        {
            var seen = watch.Wait(Beat, time, ChildSide.BootId());
            if (seen.Code is NvmlReturn.Timeout or NvmlReturn.Success) Write(new WatchMessage(null, seen.Value, null));
            else return Fail(new NvmlOpening(NvmlState.Failed, null, seen.Explain(), "a sweep says which GPU it is"));
        }
    }

    private static int Fail(NvmlOpening opening)
    {
        Write(new WatchMessage(null, null,
            new NvmlAnswer(1, opening.State, opening.Why, opening.Advice, null, 0, null)));
        return 0;
    }

    private static void Write(WatchMessage line) =>
        Console.Out.WriteLine(JsonSerializer.Serialize(line, ProbePrint.Json.WatchMessage));
}
