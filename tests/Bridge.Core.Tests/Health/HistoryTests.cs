using Bridge.Core.Health;
using FsCheck;
using FsCheck.Fluent;
using Outcome = Bridge.Core.Health.Outcome;
using static Bridge.Core.Tests.Health.HealthFixture;

namespace Bridge.Core.Tests.Health;

public sealed class HistoryTests
{
    private static readonly HealthCheck Thermal = Check("clocks.hw_thermal", Comparison.Is, 1) with { Sweeps = 3 };

    [Fact]
    public void Heat_is_a_suspicion_first_and_a_failure_when_it_lasts()
    {
        Assert.Equal(Outcome.Suspect, Over(Thermal, 0, 0, 1).Outcome);
        Assert.Equal(Outcome.Suspect, Over(Thermal, 0, 1, 1).Outcome);
        Assert.Equal(Outcome.Fail, Over(Thermal, 1, 1, 1).Outcome);
    }

    [Fact]
    public void Signal_that_comes_and_goes_is_flapping_and_not_cleared_by_one_good_sweep()
    {
        var verdict = Over(Thermal with { Sweeps = 1 }, 0, 1, 0, 1, 0);
        Assert.Equal(Outcome.Fail, verdict.Outcome);
        Assert.True(verdict.Flapping);
        Assert.Contains("4 times in 5 sweeps", verdict.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Flapping_ends_when_the_window_holds_good_sweeps_only()
    {
        double[] values = [0, 1, 0, 1, .. Enumerable.Repeat(0.0, 10)];
        Assert.Equal(Outcome.Pass, Over(Thermal with { Sweeps = 1 }, values).Outcome);
    }

    [Fact]
    public void Unknown_between_two_bad_sweeps_neither_clears_nor_counts()
    {
        var check = Thermal with { Sweeps = 2 };
        var unknown = Gpu("a").With("clocks.hw_thermal", Reading.Absent(Absence.Failed, "999"));
        var bad = Gpu("a", ("clocks.hw_thermal", 1));
        Assert.Equal(
            Outcome.Fail, Evaluate(Rules(check), Sweep(0, bad), Sweep(1, unknown), Sweep(2, bad)).Verdicts[0].Outcome);
        Assert.Equal(
            Outcome.Suspect, Evaluate(Rules(check), Sweep(0, unknown), Sweep(1, bad)).Verdicts[0].Outcome);
    }

    [Fact]
    public void Share_looks_at_all_sweeps_of_its_window()
    {
        var check = Check("clocks.hw_slowdown", Comparison.AtLeast, 0.6) with
        {
            Measure = Measure.Share,
            Window = TimeSpan.FromMinutes(10),
        };
        Assert.Equal(Outcome.Fail, Over(check, 1, 1, 0, 1, 0).Outcome);
        Assert.Equal(Outcome.Pass, Over(check, 1, 1, 0, 0, 0).Outcome);
        Assert.Equal(Outcome.NotApplicable, Over(check, 1, 1, 1).Outcome);
    }

    [Fact]
    public void Counter_grows_by_what_was_added_within_the_window()
    {
        var check = Increase("nvlink.crc_errors", 100, minutes: 2);
        Assert.Equal(Outcome.Pass, Over(check, 0, 5000, 5050, 5100).Outcome);
        Assert.Equal(Outcome.Fail, Over(check, 0, 5000, 5050, 5101).Outcome);
    }

    [Fact]
    public void Volatile_counter_starts_again_after_a_reboot()
    {
        var check = Increase("pcie.replays", 100, minutes: 60);
        var before = Sweep(0, Gpu("a", ("pcie.replays", 1_000_000)));
        var after = Sweep(1, Gpu("a", ("pcie.replays", 7))) with { BootId = "boot-2" };
        Assert.Equal(Outcome.Pass, Evaluate(Rules(check), before, after).Verdicts[0].Outcome);
    }

    [Fact]
    public void Volatile_counter_that_shrank_was_reset_with_the_driver()
    {
        Assert.Equal(Outcome.Pass, Over(Increase("pcie.replays", 100, 60), 1_000_000, 7, 50).Outcome);
        Assert.Equal(Outcome.Fail, Over(Increase("pcie.replays", 100, 60), 1_000_000, 7, 120).Outcome);
    }

    [Fact]
    public void Lifetime_counter_that_shrank_is_unknown()
    {
        Assert.Equal(Outcome.Unknown, Over(Increase("ecc.aggregate_uncorrected", 0, 60), 9, 3).Outcome);
    }

    [Fact]
    public void Lifetime_counter_survives_a_reboot()
    {
        var before = Sweep(0, Gpu("a", ("ecc.aggregate_uncorrected", 9)));
        var after = Sweep(1, Gpu("a", ("ecc.aggregate_uncorrected", 9))) with { BootId = "boot-2" };
        var rules = Rules(Increase("ecc.aggregate_uncorrected", 0, 60));
        Assert.Equal(Outcome.Pass, Evaluate(rules, before, after).Verdicts[0].Outcome);
    }

    [Theory]
    [InlineData("ecc.aggregate_uncorrected")]
    [InlineData("nvlink.failed_recoveries")]
    public void One_sweep_tells_of_no_growth_whatever_the_counter_holds(string signal)
    {
        var verdict = Over(Increase(signal, 0, 60), 9);
        Assert.Equal(Outcome.NotApplicable, verdict.Outcome);
        Assert.Contains("two sweeps", verdict.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Old_errors_of_a_sweep_after_a_gap_are_no_growth_until_the_next_one()
    {
        var check = Increase("nvlink.failed_recoveries", 0, 60);
        GpuSweep At(int minute, double value) => Sweep(minute, Gpu("a", (check.Signal, value), ("mig.enabled", 1)));
        var alone = Evaluate(Rules(check), At(0, 1), At(61, 1)).Verdicts[0];
        Assert.Equal(Outcome.NotApplicable, alone.Outcome);
        Assert.Contains("two sweeps", alone.Why, StringComparison.Ordinal);
        Assert.Equal(Outcome.Pass, Evaluate(Rules(check), At(0, 1), At(61, 1), At(66, 1)).Verdicts[0].Outcome);
        Assert.Equal(Outcome.Fail, Evaluate(Rules(check), At(0, 1), At(61, 1), At(66, 2)).Verdicts[0].Outcome);
    }

    [Fact]
    public void Growth_of_a_counter_is_never_negative_and_never_more_than_was_added()
    {
        var runs = Gen.Choose(0, 50).ListOf(8).ToArbitrary();
        Prop.ForAll(runs, added =>
        {
            var total = 0;
            var values = added.Select(a => (double)(total += a)).ToArray();
            var verdict = Over(Increase("pcie.replays", 0, 600), values);
            var grown = verdict.Evidence[0].Value;
            return grown == (values.Length == 1 ? null : values[^1] - values[0]);
        }).QuickCheckThrowOnFailure();
    }

    private static HealthCheck Increase(string signal, double above, int minutes) =>
        Check(signal, Comparison.Above, above) with
        {
            Measure = Measure.Increase,
            Window = TimeSpan.FromMinutes(minutes),
        };
}
