using Bridge.Core.Health;
using static Bridge.Core.Tests.Health.HealthFixture;

namespace Bridge.Core.Tests.Health;

public sealed class EventVerdictTests
{
    [Fact]
    public void Application_xid_never_asks_for_a_drain()
    {
        var report = Judge(Xid(0, 13), Xid(0, 13), Xid(0, 13), Xid(0, 13));
        Assert.Equal(NodeHealth.Healthy, report.Health);
        Assert.Equal(Consequence.Observe, Assert.Single(report.Verdicts).Consequence);
    }

    [Fact]
    public void Fallen_off_the_bus_asks_for_a_reboot_of_that_gpu()
    {
        var report = Judge(Xid(0, 79));
        var verdict = Assert.Single(report.Verdicts);
        Assert.Equal(("xid-79", Outcome.Fail), (verdict.Check, verdict.Outcome));
        Assert.Equal(Consequence.Reboot, verdict.Consequence);
        Assert.Equal("a (00000000:a:00.0)", verdict.Subject.ToString());
    }

    [Fact]
    public void Reset_that_repeats_asks_for_an_inspection()
    {
        Assert.Equal(Consequence.Reset, Assert.Single(Judge(Xid(-9, 119), Xid(-1, 119)).Verdicts).Consequence);
        var verdict = Assert.Single(Judge(Xid(-9, 119), Xid(-5, 119), Xid(-1, 119)).Verdicts);
        Assert.Equal(Consequence.Inspect, verdict.Consequence);
        Assert.Equal(3, verdict.Evidence.Count);
    }

    [Fact]
    public void Same_xid_on_two_gpus_is_no_repetition()
    {
        var report = Judge(Xid(-3, 119, "a"), Xid(-2, 119, "b"), Xid(-1, 119, "a"));
        Assert.Equal([Consequence.Reset, Consequence.Reset], report.Verdicts.Select(v => v.Consequence));
    }

    [Fact]
    public void Event_before_the_last_boot_has_had_its_reboot()
    {
        Assert.Empty(Judge(Xid(-30, 79, boot: "boot-0")).Verdicts);
    }

    [Fact]
    public void Repetition_is_counted_across_boots()
    {
        var report = Judge(Xid(-90, 119, boot: "x"), Xid(-60, 119, boot: "y"), Xid(-30, 119, boot: "z"));
        Assert.Equal(Consequence.Inspect, Assert.Single(report.Verdicts).Consequence);
    }

    [Fact]
    public void Xid_that_no_table_knows_is_unknown_and_drains_nobody()
    {
        var report = Judge(Xid(0, 4242));
        Assert.Equal(Outcome.Unknown, Assert.Single(report.Verdicts).Outcome);
        Assert.Equal(NodeHealth.Healthy, report.Health);
    }

    [Fact]
    public void Switch_error_belongs_to_the_node()
    {
        var report = Judge(new GpuEvent(Noon, "boot-1", GpuEventKind.SXid, 12020, null));
        Assert.Equal("node", Assert.Single(report.Verdicts).Subject.ToString());
        Assert.Equal("sxid-12020", report.Verdicts[0].Check);
    }

    private static HealthReport Judge(params GpuEvent[] events) => HealthEvaluator.Evaluate(new HealthInput
    {
        Current = Sweep(1, Gpu("a")),
        Events = events,
        Rules = Rules(),
    });
}
