using Bridge.Core.Health;
using static Bridge.Core.Tests.Health.HealthFixture;

namespace Bridge.Core.Tests.Health;

public sealed class HealthEvaluatorTests
{
    [Fact]
    public void Good_signal_passes_and_the_node_is_healthy()
    {
        var report = Evaluate(Rules(Check("remap.failed", Comparison.Is, 1)), Sweep(0, Gpu("a", ("remap.failed", 0))));
        Assert.Equal(Outcome.Pass, Assert.Single(report.Verdicts).Outcome);
        Assert.Equal(NodeHealth.Healthy, report.Health);
    }

    [Fact]
    public void Bad_signal_fails_with_its_value_as_evidence_and_the_gpu_by_uuid_and_bus_id()
    {
        var report = Evaluate(
            Rules(Check("remap.uncorrectable_rows", Comparison.Above, 512)),
            Sweep(0, Gpu("a", ("remap.uncorrectable_rows", 513))));
        var verdict = Assert.Single(report.Verdicts);
        Assert.Equal(Outcome.Fail, verdict.Outcome);
        Assert.Equal(513, Assert.Single(verdict.Evidence).Value);
        Assert.Equal("a (00000000:a:00.0)", verdict.Subject.ToString());
        Assert.Equal(NodeHealth.Unhealthy, report.Health);
        Assert.Contains("remap.uncorrectable_rows is 513: that is bad", report.Why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Absence.Failed)]
    [InlineData(Absence.NoPermission)]
    [InlineData(Absence.NotAsked)]
    public void Signal_that_cannot_be_read_stays_unknown_and_so_does_the_node(Absence why)
    {
        var gpu = Gpu("a").With("ecc.volatile_uncorrected", Reading.Absent(why, "nvmlX returned 999"));
        var report = Evaluate(Rules(Check("ecc.volatile_uncorrected", Comparison.Above, 0)), Sweep(0, gpu));
        Assert.Equal(Outcome.Unknown, Assert.Single(report.Verdicts).Outcome);
        Assert.Equal(NodeHealth.Unknown, report.Health);
    }

    [Fact]
    public void Signal_that_no_sweep_holds_is_unknown_not_good()
    {
        var report = Evaluate(Rules(Check("ecc.volatile_uncorrected", Comparison.Above, 0)), Sweep(0, Gpu("a")));
        Assert.Equal(NodeHealth.Unknown, report.Health);
    }

    [Fact]
    public void Old_driver_without_the_function_is_no_fault()
    {
        var gpu = Gpu("a").With("repair.tpc_pending", Reading.Absent(Absence.FunctionMissing, "no such function"));
        var report = Evaluate(Rules(Check("repair.tpc_pending", Comparison.Is, 1)), Sweep(0, gpu));
        var verdict = Assert.Single(report.Verdicts);
        Assert.Equal(Outcome.NotApplicable, verdict.Outcome);
        Assert.Contains("too old", verdict.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Not_supported_under_mig_is_said_as_such_and_is_no_fault()
    {
        var gpu = Gpu("a", ("mig.enabled", 1)).With("remap.failed", Reading.Absent(Absence.NotSupported, "returned 3"));
        var verdict = Assert.Single(Evaluate(Rules(Check("remap.failed", Comparison.Is, 1)), Sweep(0, gpu)).Verdicts);
        Assert.Equal(Outcome.NotApplicable, verdict.Outcome);
        Assert.Equal("the driver does not tell this under MIG", verdict.Why);
    }

    [Fact]
    public void Product_with_links_whose_driver_tells_of_none_is_unknown()
    {
        var gpu = Gpu("a").With("nvlink.active", Reading.Absent(Absence.NotSupported, "returned 3"));
        var rules = Rules(Check("nvlink.missing", Comparison.Above, 0));
        var verdict = Assert.Single(Evaluate(rules, Sweep(0, gpu)).Verdicts);
        Assert.Equal(Outcome.Unknown, verdict.Outcome);
        Assert.Contains("has 18 links", verdict.Why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(18, Outcome.Pass)]
    [InlineData(17, Outcome.Fail)]
    public void Links_are_counted_against_the_product(double active, Outcome expected)
    {
        var sweep = Sweep(0, Gpu("a", ("nvlink.active", active)));
        var verdict = Assert.Single(Evaluate(Rules(Check("nvlink.missing", Comparison.Above, 0)), sweep).Verdicts);
        Assert.Equal(expected, verdict.Outcome);
    }

    [Fact]
    public void Product_without_links_needs_none()
    {
        var gpu = Gpu("a") with { ProductName = "NVIDIA L40S" };
        var rules = Rules(Check("nvlink.missing", Comparison.Above, 0));
        Assert.Equal(Outcome.Pass, Assert.Single(Evaluate(rules, Sweep(0, gpu)).Verdicts).Outcome);
    }

    [Fact]
    public void Unknown_product_is_reported_and_its_checks_do_not_apply()
    {
        var check = Check("fabric.state", Comparison.IsNot, 3) with { Products = ["h100"] };
        var gpu = Gpu("a", ("fabric.state", 0)) with { ProductName = "NVIDIA X9000" };
        var verdicts = Evaluate(Rules(check), Sweep(0, gpu)).Verdicts;
        Assert.Equal(["product", "check-fabric.state"], verdicts.Select(v => v.Check));
        Assert.Equal([Outcome.Unknown, Outcome.NotApplicable], verdicts.Select(v => v.Outcome));
    }

    [Fact]
    public void Lost_gpu_gives_one_verdict_and_not_forty_unknown_ones()
    {
        var rules = Rules(Check("gpu.lost", Comparison.Is, 1), Check("remap.failed", Comparison.Is, 1));
        var report = Evaluate(rules, Sweep(0, Gpu("a", ("gpu.lost", 1))));
        Assert.Equal("check-gpu.lost", Assert.Single(report.Verdicts).Check);
        Assert.Equal(NodeHealth.Unhealthy, report.Health);
    }

    [Theory]
    [InlineData(7, Outcome.Fail, Outcome.Pass)]
    [InlineData(8, Outcome.Pass, Outcome.Pass)]
    [InlineData(9, Outcome.Pass, Outcome.Fail)]
    public void Gpus_are_counted_against_the_promise(int seen, Outcome low, Outcome high)
    {
        var rules = Rules(
            Check("node.gpu_missing", Comparison.Above, 0), Check("node.gpu_surplus", Comparison.Above, 0));
        var gpus = Enumerable.Range(0, seen).Select(i => Gpu($"{i}")).ToArray();
        var report = HealthEvaluator.Evaluate(new HealthInput
        {
            Current = Sweep(0, gpus),
            Rules = rules,
            Expectation = new GpuExpectation(8),
        });
        Assert.Equal([low, high], report.Verdicts.Select(v => v.Outcome));
    }

    [Fact]
    public void Missing_gpu_is_named_from_the_sweep_before()
    {
        var report = HealthEvaluator.Evaluate(new HealthInput
        {
            Current = Sweep(1, Gpu("a")),
            History = [Sweep(0, Gpu("a"), Gpu("b"))],
            Rules = Rules(Check("node.gpu_missing", Comparison.Above, 0)),
            Expectation = new GpuExpectation(2),
        });
        Assert.Contains("gone now: b (00000000:b:00.0)", report.Verdicts[0].Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Count_without_a_promise_does_not_apply()
    {
        var report = Evaluate(Rules(Check("node.gpu_missing", Comparison.Above, 0)), Sweep(0, Gpu("a")));
        Assert.Equal(Outcome.NotApplicable, Assert.Single(report.Verdicts).Outcome);
    }

    [Fact]
    public void Gpus_that_nobody_could_count_make_the_node_unknown()
    {
        var sweep = Sweep(0) with
        {
            Readings = new Dictionary<string, Reading>
            {
                ["node.gpu_count"] = Reading.Absent(Absence.NotSupported, "nvmlX returned 3"),
            },
        };
        var report = Evaluate(Rules(Check("node.gpu_missing", Comparison.Above, 0)), sweep);
        Assert.Equal(NodeHealth.Unknown, report.Health);
        Assert.Contains("gpu-count on node: the GPUs could not be", report.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Gpu_without_a_product_name_makes_the_node_unknown_unless_it_is_lost()
    {
        var check = Check("fabric.state", Comparison.IsNot, 3) with { Products = ["h100"] };
        var nameless = Gpu("a", ("fabric.state", 0)) with { ProductName = null };
        var report = Evaluate(Rules(check), Sweep(0, nameless));
        Assert.Equal(NodeHealth.Unknown, report.Health);
        Assert.Contains("product on a (", report.Why, StringComparison.Ordinal);
        var lost = Gpu("a", ("gpu.lost", 1)) with { ProductName = null };
        Assert.Empty(Evaluate(Rules(check), Sweep(0, lost)).Verdicts);
    }

    [Theory]
    [InlineData(5, Outcome.NotApplicable)]
    [InlineData(90, Outcome.Fail)]
    public void Lower_pcie_generation_counts_only_under_load(double load, Outcome expected)
    {
        var check = Check("pcie.generation_deficit", Comparison.Above, 0) with { When = CheckCondition.UnderLoad };
        var gpu = Gpu("a", ("pcie.generation", 1), ("pcie.generation_max", 5), ("gpu.utilization_percent", load));
        Assert.Equal(expected, Assert.Single(Evaluate(Rules(check), Sweep(0, gpu)).Verdicts).Outcome);
    }

    [Fact]
    public void Gpu_keeps_its_history_when_its_place_changes()
    {
        var check = Check("clocks.hw_thermal", Comparison.Is, 1) with { Sweeps = 2 };
        var hot = Gpu("hot", ("clocks.hw_thermal", 1));
        var cool = Gpu("cool", ("clocks.hw_thermal", 0));
        var report = Evaluate(Rules(check), Sweep(0, cool, hot), Sweep(1, hot, cool));
        Assert.Equal([Outcome.Fail, Outcome.Pass], report.Verdicts.Select(v => v.Outcome));
    }

    [Fact]
    public void Same_input_gives_the_same_report()
    {
        var rules = Rules(Check("remap.failed", Comparison.Is, 1));
        var sweep = Sweep(0, Gpu("a", ("remap.failed", 1)));
        Assert.Equal(Evaluate(rules, sweep).Why, Evaluate(rules, sweep).Why);
    }
}
