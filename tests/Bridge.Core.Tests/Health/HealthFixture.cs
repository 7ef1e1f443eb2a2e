using Bridge.Core.Health;

namespace Bridge.Core.Tests.Health;

/// <summary>Small sweeps and rules for the evaluator's tests.</summary>
internal static class HealthFixture
{
    public static readonly DateTimeOffset Noon = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly Provenance[] Somewhere = [new("test", "none")];

    public static HealthRules Rules(params HealthCheck[] checks) => new()
    {
        Checks = checks,
        Products =
        [
            new Product("h100", ["H100"], 8, 18, Somewhere),
            new Product("l40s", ["L40S"], 8, 0, Somewhere),
        ],
        BusBandwidth = [],
        Relative = new RelativeLine(0.92, 3, 1 << 20, Somewhere),
        Flapping = new FlappingRule(3, 10),
        LoadPercent = 20,
        Xids = new Dictionary<long, XidRule>
        {
            [13] = new(13, "GR", "application", "graphics exception"),
            [79] = new(79, "BUS", "reboot", "fell off the bus"),
            [119] = new(119, "GSP", "reset", "GSP RPC timeout"),
        },
        SXids = new Dictionary<long, XidRule> { [12020] = new(12020, "SEQ", "reboot", "egress sequence") },
        Events = new Dictionary<long, XidRule> { [0x4000] = new(0x4000, "gpu-unavailable", "reboot", "gone") },
        Classes = new Dictionary<string, XidClass>
        {
            ["application"] = new(Severity.Info, Consequence.Observe),
            ["reset"] = new(Severity.Critical, Consequence.Reset),
            ["reboot"] = new(Severity.Critical, Consequence.Reboot),
        },
        Repeat = new XidRepeat(new HashSet<string> { "reset" }, 3, TimeSpan.FromDays(7), Consequence.Inspect),
    };

    public static HealthCheck Check(string signal, Comparison fails, double threshold) => new()
    {
        Name = "check-" + signal,
        Signal = signal,
        Products = ["*"],
        Fails = fails,
        Threshold = threshold,
        Severity = Severity.Critical,
        Consequence = Consequence.Drain,
        Text = "that is bad",
        Provenance = Somewhere,
    };

    public static GpuObservation Gpu(string uuid, params (string Signal, double Value)[] readings) => new()
    {
        Uuid = uuid,
        PciBusId = $"00000000:{uuid}:00.0",
        ProductName = "NVIDIA H100 80GB HBM3",
        Readings = readings.ToDictionary(r => r.Signal, r => new Reading(r.Value)),
    };

    public static GpuObservation With(this GpuObservation gpu, string signal, Reading reading) =>
        gpu with { Readings = new Dictionary<string, Reading>(gpu.Readings) { [signal] = reading } };

    public static GpuSweep Sweep(int minute, params GpuObservation[] gpus) => new()
    {
        TakenAt = Noon.AddMinutes(minute),
        BootId = "boot-1",
        Readings = new Dictionary<string, Reading> { ["node.gpu_count"] = new(gpus.Length) },
        Gpus = gpus,
    };

    public static GpuEvent Xid(int minute, long code, string? uuid = "a", string boot = "boot-1") =>
        new(Noon.AddMinutes(minute), boot, GpuEventKind.Xid, code, uuid);

    /// <summary>Evaluates sweeps, oldest first; the last is the current one.</summary>
    public static HealthReport Evaluate(HealthRules rules, params GpuSweep[] sweeps) =>
        HealthEvaluator.Evaluate(new HealthInput { Current = sweeps[^1], History = sweeps[..^1], Rules = rules });

    /// <summary>The verdict of one check over a signal's values, one sweep a minute.</summary>
    public static Verdict Over(HealthCheck check, params double[] values)
    {
        var sweeps = values.Select((v, i) => Sweep(i, Gpu("a", (check.Signal, v), ("gpu.utilization_percent", 90))));
        return Evaluate(Rules(check), [.. sweeps]).Verdicts[0];
    }
}
