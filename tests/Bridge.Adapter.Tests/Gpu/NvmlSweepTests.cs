using Bridge.Core.Health;
using Bridge.Gpu.Rules;
using Bridge.Gpu.Sweep;

namespace Bridge.Adapter.Tests.Gpu;

[Collection("gpu")]
public sealed class NvmlSweepTests(FakeGpus fake)
{
    private static readonly HealthRules Rules = HealthRulesLoader.Load().Rules!;
    private static readonly DateTimeOffset Noon = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("a100x8", 8, "a100")]
    [InlineData("h100x8", 8, "h100")]
    [InlineData("h200x8", 8, "h200")]
    [InlineData("b200x8", 8, "b200")]
    [InlineData("gb200x4", 4, "gb200")]
    public void Every_machine_is_known_and_healthy(string preset, int gpus, string product)
    {
        fake.Write($"include {preset}.gpu");
        var sweep = Sweep();
        Assert.Equal(gpus, sweep.Gpus.Count);
        Assert.All(sweep.Gpus, g => Assert.Equal(product, Rules.ProductOf(g.ProductName)?.Name));
        var report = Judge(sweep, gpus);
        Assert.True(report.Health == NodeHealth.Healthy, report.Why);
        Assert.DoesNotContain(report.Verdicts, v => v.Outcome is Outcome.Fail or Outcome.Unknown);
    }

    [Theory]
    [InlineData(535)]
    [InlineData(550)]
    [InlineData(580)]
    public void Every_driver_gives_the_same_answers_as_far_as_it_can(int driver)
    {
        fake.Write("include h100x8.gpu", "[gpu]", "temp.gpu = 61", "fabric.state = 3", "clock.reasons = 0x20");
        var gpu = Sweep(driver).Gpus[0];
        Assert.Equal(61, gpu.Of("temperature.gpu_celsius").Value);
        Assert.Equal(31, gpu.Of("temperature.margin_celsius").Value);
        Assert.Equal(3, gpu.Of("fabric.state").Value);
        Assert.Equal(1, gpu.Of("clocks.sw_thermal").Value);
    }

    [Fact]
    public void Functions_of_a_newer_driver_are_named_and_their_data_absent_with_that_reason()
    {
        fake.Write("include h100x8.gpu");
        using var nvml = FakeGpus.Open(535);
        var sweep = NvmlSweep.Take(nvml, TimeProvider.System, "boot");
        Assert.Contains("nvmlDeviceGetTemperatureV", sweep.MissingFunctions);
        Assert.Contains("nvmlDeviceGetRepairStatus", sweep.MissingFunctions);
        var repair = sweep.Gpus[0].Of("repair.tpc_pending");
        Assert.Equal((null, Absence.FunctionMissing), (repair.Value, repair.Unknown));
        Assert.Equal(NodeHealth.Healthy, Judge(sweep, 8).Health);
    }

    [Fact]
    public void Every_signal_of_the_catalog_is_read_or_derived()
    {
        fake.Write("include h100x8.gpu");
        var gpu = Sweep().Gpus[0];
        string[] derived =
        [
            "pcie.width_deficit", "pcie.generation_deficit", "temperature.memory_headroom_celsius", "nvlink.missing",
            "mig.devices", "power.unreadable",
        ];
        var all = SignalCatalog.All.Values.Where(s => s.Scope == SignalScope.Gpu).Select(s => s.Name);
        Assert.Equal(all.Except(derived).Order(), gpu.Readings.Keys.Order());
    }

    [Fact]
    public void Gpu_is_known_by_uuid_and_bus_id()
    {
        fake.Write("include h100x8.gpu", "[gpu 2]", "uuid = GPU-11111111-2222-3333-4444-555555555555");
        var gpu = Sweep().Gpus[2];
        Assert.Equal("GPU-11111111-2222-3333-4444-555555555555", gpu.Uuid);
        Assert.Equal("00000000:52:00.0", gpu.PciBusId);
    }

    [Fact]
    public void Lost_gpu_is_one_verdict_and_the_others_are_still_read()
    {
        fake.Write("include h100x8.gpu", "[gpu 3]", "lost = 1");
        var sweep = Sweep();
        Assert.Equal(1, sweep.Gpus[3].Of("gpu.lost").Value);
        Assert.Equal(7, sweep.Gpus.Count(g => g.Of("gpu.lost").Value == 0));
        var verdict = Assert.Single(Judge(sweep, 8).Verdicts, v => v.Outcome == Outcome.Fail);
        Assert.Equal(("gpu-lost", Consequence.Reboot), (verdict.Check, verdict.Consequence));
    }

    [Fact]
    public void Gpu_that_is_lost_in_the_middle_of_its_sweep_is_lost()
    {
        fake.Write("include h100x8.gpu", "[gpu 3]", "return.nvmlDeviceGetPowerUsage = 15");
        Assert.Equal(1, Sweep().Gpus[3].Of("gpu.lost").Value);
    }

    [Fact]
    public void Absent_gpu_is_missing_by_its_name_although_the_others_moved_up()
    {
        fake.Write("include h100x8.gpu");
        var before = Sweep();
        fake.Write("include h100x8.gpu", "[gpu 2]", "absent = 1");
        var report = HealthEvaluator.Evaluate(new HealthInput
        {
            Current = Sweep(),
            History = [before],
            Rules = Rules,
            Expectation = new GpuExpectation(8),
        });
        var verdict = Assert.Single(report.Verdicts, v => v.Outcome == Outcome.Fail);
        Assert.Equal("gpu-count-low", verdict.Check);
        Assert.Contains(before.Gpus[2].Uuid!, verdict.Why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("remap.failure = 1", "remap-failed")]
    [InlineData("remap.pending = 1", "remap-pending")]
    [InlineData("remap.uncorrectable = 513", "remap-many")]
    [InlineData("ecc.volatile.uncorrected = 1", "ecc-volatile-uncorrected")]
    [InlineData("sram.threshold_exceeded = 1", "ecc-sram-threshold")]
    [InlineData("nvlink.7.active = no", "nvlink-down")]
    [InlineData("fabric.health_mask = 0x1", "fabric-degraded")]
    [InlineData("fabric.health_mask = 0x10", "fabric-route-unhealthy")]
    [InlineData("fabric.health_mask = 0x200", "fabric-configuration")]
    [InlineData("fabric.status = 999", "fabric-status")]
    [InlineData("fabric.health_summary = 2", "fabric-unhealthy")]
    [InlineData("pcie.width = 8", "pcie-width")]
    [InlineData("recovery_action = 1", "recovery-reset")]
    [InlineData("recovery_action = 4", "recovery-drain-and-reset")]
    [InlineData("recovery_action = 5", "recovery-imex")]
    [InlineData("repair.channel_pending = 1", "repair-channel-pending")]
    [InlineData("return.* = 16", "gpu-reset-required")]
    public void Fault_is_found_on_its_gpu_by_its_check(string line, string check)
    {
        fake.Write("include h100x8.gpu", "[gpu 5]", line);
        var sweep = Sweep();
        var report = Judge(sweep, 8);
        var failed = report.Verdicts
            .Where(v => v.Outcome == Outcome.Fail && v.Consequence >= Consequence.Drain).ToList();
        Assert.Contains(failed, v => v.Check == check);
        Assert.All(failed, v => Assert.Equal(sweep.Gpus[5].Uuid, v.Subject.Uuid));
        Assert.Equal(NodeHealth.Unhealthy, report.Health);
    }

    [Theory]
    [InlineData("temp.gpu = 93")]
    [InlineData("clock.reasons = 0x40")]
    [InlineData("pcie.gen = 1")]
    [InlineData("ecc.aggregate.uncorrected = 3")]
    [InlineData("retired.pending = 1")]
    [InlineData("fabric.health_summary = 3")]
    [InlineData("pcie.fatal_errors = 1")]
    [InlineData("return.nvmlDeviceGetPowerUsage = 999")]
    public void What_is_no_fault_at_first_sight_drains_nobody(string line)
    {
        fake.Write("include h100x8.gpu", "[gpu 5]", line);
        Assert.Equal(NodeHealth.Healthy, Judge(Sweep(), 8).Health);
    }

    [Fact]
    public void Call_that_fails_with_an_unknown_code_makes_the_node_unknown_never_healthy()
    {
        fake.Write("include h100x8.gpu", "[gpu 1]", "return.nvmlDeviceGetRemappedRows = 999");
        var report = Judge(Sweep(), 8);
        Assert.Equal(NodeHealth.Unknown, report.Health);
        Assert.Contains("nvmlDeviceGetRemappedRows returned 999", report.Why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a100x8", "NVIDIA A800-SXM4-80GB", 8)]
    [InlineData("a100x8", "NVIDIA A800 80GB PCIe", 0)]
    [InlineData("h100x8", "NVIDIA H800", 8)]
    [InlineData("h100x8", "NVIDIA H800 PCIe", 0)]
    public void Board_with_fewer_links_than_its_sister_is_healthy_until_one_is_down(
        string preset, string name, int links)
    {
        string[] state = [$"include {preset}.gpu", "[gpu]", $"name = {name}", $"nvlink.count = {links}"];
        fake.Write(state);
        Assert.Equal(NodeHealth.Healthy, Judge(Sweep(), 8).Health);
        if (links == 0) return;
        fake.Write([.. state, "[gpu 5]", "nvlink.7.active = no"]);
        Assert.Contains(Judge(Sweep(), 8).Verdicts, v => v is { Check: "nvlink-down", Outcome: Outcome.Fail });
    }

    [Theory]
    [InlineData(535)]
    [InlineData(580)]
    public void Gpu_without_a_fabric_is_asked_for_none(int driver)
    {
        fake.Write("include h100x8.gpu", "count = 1", "[gpu]", "fabric.state = 0", "fabric.status = 3");
        var now = Sweep(driver) with { TakenAt = Noon };
        Assert.Equal(Absence.NotSupported, now.Gpus[0].Of("fabric.state").Unknown);
        var report = Judge(now, 1, TwiceBefore(now));
        Assert.True(report.Health == NodeHealth.Healthy, report.Why);
        var verdict = Assert.Single(report.Verdicts, v => v.Check == "fabric-not-ready");
        Assert.Equal(Outcome.NotApplicable, verdict.Outcome);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Gpu_that_is_not_registered_with_its_fabric_in_three_sweeps_is_drained(int state)
    {
        fake.Write("include h100x8.gpu", "[gpu 5]", $"fabric.state = {state}");
        var now = Sweep() with { TakenAt = Noon };
        var report = Judge(now, 8, TwiceBefore(now));
        var verdict = Assert.Single(report.Verdicts, v => v.Outcome == Outcome.Fail);
        Assert.Equal(("fabric-not-ready", Consequence.Drain), (verdict.Check, verdict.Consequence));
    }

    /// <summary>Five sweeps are what a share needs; the usual distance between two is five minutes.</summary>
    [Theory]
    [InlineData(3, Outcome.Pass)]
    [InlineData(4, Outcome.Fail)]
    public void Slowdown_in_most_sweeps_is_found_at_one_sweep_every_five_minutes(int slow, Outcome expected)
    {
        fake.Write("include h100x8.gpu");
        var good = Sweep();
        fake.Write("include h100x8.gpu", "[gpu 5]", "clock.reasons = 0x8");
        var bad = Sweep();
        var sweeps = Enumerable.Range(0, 6)
            .Select(i => (i < slow ? bad : good) with { TakenAt = Noon.AddMinutes(5 * i) }).ToArray();
        var report = Judge(sweeps[^1], 8, sweeps[..^1]);
        Assert.Contains(report.Verdicts, v => v.Check == "hw-slowdown-often" && v.Outcome == expected
            && v.Subject.Uuid == bad.Gpus[5].Uuid);
    }

    [Fact]
    public void Mig_hides_some_data_and_shows_its_devices()
    {
        fake.Write("include a100x8-mig-mixed.gpu");
        var sweep = Sweep();
        var gpu = sweep.Gpus[0];
        Assert.Equal(1, gpu.Of("mig.enabled").Value);
        Assert.NotEmpty(gpu.MigDevices);
        Assert.All(gpu.MigDevices, m => Assert.StartsWith("MIG-", m.Uuid, StringComparison.Ordinal));
        Assert.Equal(Absence.NotSupported, gpu.Of("remap.failed").Unknown);
        Assert.Equal(NodeHealth.Healthy, Judge(sweep, 8).Health);
    }

    [Fact]
    public void Processes_are_told_with_their_memory()
    {
        fake.Write("include h100x8.gpu", "[gpu 4]", "process = 4711 20480");
        var process = Assert.Single(Sweep().Gpus[4].Processes);
        Assert.Equal(new GpuProcess(4711, 20480L << 20), process);
    }

    private static GpuSweep Sweep(int driver = 580)
    {
        using var nvml = FakeGpus.Open(driver);
        return NvmlSweep.Take(nvml, TimeProvider.System, "boot");
    }

    private static GpuSweep[] TwiceBefore(GpuSweep now) =>
        [now with { TakenAt = Noon.AddMinutes(-10) }, now with { TakenAt = Noon.AddMinutes(-5) }];

    private static HealthReport Judge(GpuSweep sweep, int expected, params GpuSweep[] before) =>
        HealthEvaluator.Evaluate(new HealthInput
        {
            Current = sweep,
            History = before,
            Rules = Rules,
            Expectation = new GpuExpectation(expected),
        });
}
