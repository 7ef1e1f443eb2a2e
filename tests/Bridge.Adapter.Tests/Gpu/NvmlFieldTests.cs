using System.Text.RegularExpressions;
using Bridge.Core.Health;
using Bridge.Gpu.Rules;
using Bridge.Gpu.Sweep;

namespace Bridge.Adapter.Tests.Gpu;

/// <summary>What NVML serves by field number, and where a GPU stands in its rack.</summary>
[Collection("gpu")]
public sealed class NvmlFieldTests(FakeGpus fake)
{
    private static readonly HealthRules Rules = HealthRulesLoader.Load().Rules!;
    private static readonly DateTimeOffset Noon = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Every_field_has_a_number_and_a_signal_of_its_own()
    {
        NvmlField[] all = [.. NvmlFields.OfGpu, .. NvmlFields.OfLink];
        Assert.Equal(all.Length, all.Select(f => f.Id).Distinct().Count());
        Assert.Equal(all.Length, all.Select(f => f.Signal).Distinct().Count());
        Assert.All(all, f => Assert.Contains(f.Signal, SignalCatalog.All.Keys));
        uint[] deprecated = [205, 216, 217, 218];
        var expected = Enumerable.Range(161, 3).Concat(Enumerable.Range(201, 22)).Concat(Enumerable.Range(235, 16))
            .Select(n => (uint)n).Except(deprecated);
        Assert.Equal(expected, NvmlFields.OfLink.Select(f => f.Id));
    }

    [Fact]
    public void Pcie_counters_are_read_each_into_its_signal()
    {
        string[] keys =
        [
            "correctable_errors", "naks_received", "receiver_errors", "bad_tlp", "naks_sent", "bad_dllp",
            "non_fatal_errors", "fatal_errors", "unsupported_requests", "lcrc_errors", "lane_errors",
        ];
        fake.Write(["include h100x8.gpu", "[gpu 3]", .. keys.Select((k, i) => $"pcie.{k} = {i + 1}")]);
        var gpus = Sweep().Gpus;
        for (var i = 0; i < keys.Length; i++)
        {
            var signal = "pcie." + Regex.Replace(keys[i], "(tlp|dllp)$", "$1s");
            Assert.Equal((0.0, i + 1.0), (gpus[2].Of(signal).Value, gpus[3].Of(signal).Value));
        }
    }

    [Fact]
    public void Counters_of_links_are_added_up_and_the_worst_link_is_named()
    {
        fake.Write(
            "include b200x8.gpu", "[gpu 1]", "nvlink.3.rcv_errors = 5", "nvlink.16.rcv_errors = 7",
            "nvlink.2.link_recoveries = 1", "nvlink.4.failed_recoveries = 1", "nvlink.9.fec_15 = 8");
        var gpu = Sweep().Gpus[1];
        Assert.Equal(new Reading(12, null, "most on link 16: 7"), gpu.Of("nvlink.receive_errors"));
        Assert.Equal(2, gpu.Of("nvlink.recovery_events").Value);
        Assert.Equal(8, gpu.Of("nvlink.fec_history_15").Value);
        Assert.Equal(new Reading(0), gpu.Of("nvlink.malformed_packets"));
    }

    [Fact]
    public void Bit_error_rate_is_a_mantissa_and_an_exponent_and_the_worst_link_counts()
    {
        fake.Write("include b200x8.gpu", "[gpu 1]", "nvlink.7.symbol_ber = 0x30c", "nvlink.8.symbol_ber = 0x50f");
        var gpus = Sweep().Gpus;
        Assert.Equal(3e-12, gpus[1].Of("nvlink.symbol_ber").Value!.Value, 1e-24);
        Assert.StartsWith("highest on link 7", gpus[1].Of("nvlink.symbol_ber").Detail, StringComparison.Ordinal);
        Assert.Equal(15e-255, gpus[0].Of("nvlink.symbol_ber").Value!.Value, 1e-260);
    }

    [Theory]
    [InlineData("h100x8", 580, "nvlink.crc_errors", "nvlink.effective_errors")]
    [InlineData("h100x8", 535, "nvlink.crc_errors", "nvlink.effective_errors")]
    [InlineData("b200x8", 580, "nvlink.effective_errors", "nvlink.crc_errors")]
    public void Counters_of_the_other_generation_are_not_supported_and_no_fault(
        string preset, int driver, string told, string untold)
    {
        fake.Write($"include {preset}.gpu");
        var sweep = Sweep(driver);
        Assert.Equal(0, sweep.Gpus[0].Of(told).Value);
        Assert.Equal(Absence.NotSupported, sweep.Gpus[0].Of(untold).Unknown);
        Assert.Equal(NodeHealth.Healthy, Judge(sweep).Health);
    }

    [Fact]
    public void Driver_without_the_call_is_asked_by_the_older_one()
    {
        fake.Write(
            "include h100x8.gpu", "return.nvmlDeviceGetFieldValues = 13", "[gpu 5]", "nvlink.3.replay = 2",
            "nvlink.4.replay = 9");
        var gpu = Sweep().Gpus[5];
        Assert.Equal(new Reading(11, null, "most on link 4: 9"), gpu.Of("nvlink.replay_errors"));
        Assert.Equal(Absence.FunctionMissing, gpu.Of("pcie.fatal_errors").Unknown);
        Assert.Equal(Absence.FunctionMissing, gpu.Of("nvlink.symbol_ber").Unknown);
    }

    [Theory]
    [InlineData("b200x8", "nvlink.3.failed_recoveries = 1", "nvlink-recovery-failed", Consequence.Drain)]
    [InlineData("b200x8", "nvlink.3.link_recoveries = 1", "nvlink-link-recovery-growing", Consequence.Comment)]
    [InlineData("b200x8", "nvlink.3.effective_errors = 101", "nvlink-effective-errors-growing", Consequence.Comment)]
    [InlineData("h100x8", "nvlink.3.crc_data = 101", "nvlink-crc-growing", Consequence.Comment)]
    [InlineData("h100x8", "pcie.fatal_errors = 1", "pcie-fatal-growing", Consequence.Comment)]
    [InlineData("h100x8", "pcie.non_fatal_errors = 1", "pcie-non-fatal-growing", Consequence.Comment)]
    [InlineData("h100x8", "fabric.health_summary = 3", "fabric-limited", Consequence.Comment)]
    public void Fault_of_a_field_is_found_by_its_check_when_it_came_within_the_hour(
        string preset, string line, string check, Consequence consequence)
    {
        fake.Write($"include {preset}.gpu");
        var before = Sweep() with { TakenAt = Noon };
        fake.Write($"include {preset}.gpu", "[gpu 5]", line);
        var now = Sweep() with { TakenAt = Noon.AddMinutes(10) };
        var failed = Assert.Single(Judge(now, before).Verdicts, v => v.Outcome == Outcome.Fail);
        Assert.Equal((check, consequence, now.Gpus[5].Uuid), (failed.Check, failed.Consequence, failed.Subject.Uuid));
        var calm = Judge(now with { TakenAt = Noon.AddMinutes(20) }, before, now);
        Assert.Contains(calm.Verdicts, v => v.Check == check && v.Outcome == Outcome.Fail);
    }

    [Fact]
    public void Recovery_that_failed_before_the_first_sweep_drains_nobody()
    {
        fake.Write("include b200x8.gpu", "[gpu 5]", "nvlink.3.failed_recoveries = 1");
        var first = Sweep() with { TakenAt = Noon };
        Assert.Equal(NodeHealth.Healthy, Judge(first).Health);
        Assert.Equal(NodeHealth.Healthy, Judge(first with { TakenAt = Noon.AddMinutes(5) }, first).Health);
    }

    [Fact]
    public void Power_that_cannot_be_read_is_a_suspicion_first_and_a_reboot_when_it_lasts()
    {
        fake.Write("include h100x8.gpu", "[gpu 5]", "return.nvmlDeviceGetPowerUsage = 999");
        var sweeps = Enumerable.Range(0, 3).Select(i => Sweep() with { TakenAt = Noon.AddMinutes(i) }).ToArray();
        Assert.Equal(Outcome.Suspect, Of(Judge(sweeps[0])).Outcome);
        var verdict = Of(Judge(sweeps[2], sweeps[0], sweeps[1]));
        Assert.Equal((Outcome.Fail, Consequence.Reboot), (verdict.Outcome, verdict.Consequence));

        static Verdict Of(HealthReport report) =>
            Assert.Single(report.Verdicts, v => v.Check == "power-unreadable" && v.Outcome > Outcome.Unknown);
    }

    [Fact]
    public void Place_in_the_rack_is_told_by_numbers_and_names()
    {
        fake.Write("include gb200x4.gpu");
        var gpu = Sweep().Gpus[2];
        Assert.Equal(new GpuPlatform("84be2a0300e1c37f", "1821325191317", null), gpu.Platform);
        double?[] place = [12, 3, 1, 1, 4];
        string[] names = ["slot", "tray", "host", "peer_type", "module"];
        Assert.Equal(place, names.Select(n => gpu.Of("platform." + n).Value));
    }

    [Theory]
    [InlineData("h100x8", 580, Absence.NotSupported)]
    [InlineData("gb200x4", 550, Absence.FunctionMissing)]
    public void Place_that_is_not_told_has_a_reason(string preset, int driver, Absence why)
    {
        fake.Write($"include {preset}.gpu");
        var gpu = Sweep(driver).Gpus[0];
        Assert.Null(gpu.Platform);
        Assert.Equal(why, gpu.Of("platform.slot").Unknown);
    }

    [Fact]
    public void Thermal_limits_are_told_as_margins()
    {
        fake.Write("include h100x8.gpu");
        var gpu = Sweep().Gpus[0];
        Assert.Equal(-3, gpu.Of("temperature.tlimit_shutdown_celsius").Value);
        Assert.Equal(0, gpu.Of("temperature.tlimit_slowdown_celsius").Value);
        Assert.Equal(3, gpu.Of("temperature.tlimit_gpu_max_celsius").Value);
    }

    private static GpuSweep Sweep(int driver = 580)
    {
        using var nvml = FakeGpus.Open(driver);
        return NvmlSweep.Take(nvml, TimeProvider.System, "boot");
    }

    private static HealthReport Judge(GpuSweep now, params GpuSweep[] before) =>
        HealthEvaluator.Evaluate(new HealthInput { Current = now, History = before, Rules = Rules });
}
