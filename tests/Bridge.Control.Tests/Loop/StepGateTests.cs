using System.Diagnostics;
using Bridge.Control.Loop;
using Bridge.Core.Names;
using Bridge.Core.Planning;
using Bridge.Testing;

namespace Bridge.Control.Tests.Loop;

public sealed class StepGateTests
{
    private static readonly ObjectRef About = new("Node", "", "n1");

    private readonly ManualTime time = new();
    private readonly StepGate gate;

    public StepGateTests() => gate = new StepGate(time);

    private static DeleteSlurmNodes Step(string why = "it left", string node = "n1") =>
        new(About, why, [new NodeName(node)]);

    [Fact]
    public void A_step_that_was_never_tried_may_run() => Assert.Null(gate.NotBefore(Step()));

    [Fact]
    public void A_done_step_is_not_repeated_while_the_view_may_lag()
    {
        gate.Record(Step(), StepResult.Done);
        Assert.NotNull(gate.NotBefore(Step()));
        time.Advance(StepGate.EchoTime);
        Assert.Null(gate.NotBefore(Step()));
    }

    [Fact]
    public void Another_step_of_the_same_key_does_not_wait_for_an_echo()
    {
        gate.Record(Step(), StepResult.Done);
        Assert.Null(gate.NotBefore(Step("something else")));
    }

    [Fact]
    public void Failures_wait_longer_each_time_up_to_a_cap_and_are_never_given_up()
    {
        var last = TimeSpan.Zero;
        for (var failure = 0; failure < 20; failure++)
        {
            gate.Record(Step(), StepResult.Rejected("no"));
            var wait = gate.NotBefore(Step())!.Value - time.GetUtcNow();
            Assert.True(wait >= last, $"failure {failure} waits {wait}, the one before waited {last}");
            Assert.True(wait <= StepGate.MaxDelay);
            last = wait;
            time.Advance(wait);
            Assert.Null(gate.NotBefore(Step()));
        }
        Assert.Equal(StepGate.MaxDelay, last);
    }

    [Fact]
    public void A_failure_delays_its_own_key_only()
    {
        gate.Record(Step(), StepResult.Unavailable("no answer"));
        Assert.NotNull(gate.NotBefore(Step()));
        Assert.Null(gate.NotBefore(Step(node: "n2")));
    }

    [Theory]
    [InlineData(45, 45)]
    [InlineData(86_400, 60)]
    [InlineData(int.MaxValue, 60)]
    public void What_a_busy_server_asks_for_is_granted_up_to_the_cap(int asked, int granted)
    {
        gate.Record(Step(), StepResult.Unavailable("too many requests", TimeSpan.FromSeconds(asked)));
        Assert.Equal(TimeSpan.FromSeconds(granted), gate.NotBefore(Step())!.Value - time.GetUtcNow());
    }

    [Fact]
    public void Success_forgets_the_failures()
    {
        for (var i = 0; i < 6; i++)
            gate.Record(Step(), StepResult.Conflict("changed"));
        gate.Record(Step(), StepResult.Done);
        time.Advance(StepGate.EchoTime);
        gate.Record(Step(), StepResult.Conflict("changed"));
        Assert.Equal(TimeSpan.FromMilliseconds(500), gate.NotBefore(Step())!.Value - time.GetUtcNow());
    }

    [Fact]
    public void Ten_thousands_of_steps_at_once_are_recorded_in_no_time()
    {
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < 50_000; i++)
            gate.Record(Step(node: $"n{i}"), StepResult.Done);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(2), $"took {watch.Elapsed}");
    }

    [Fact]
    public void What_was_refused_is_told_until_it_is_done()
    {
        gate.Record(Step(), StepResult.Rejected("no"));
        time.Advance(TimeSpan.FromMinutes(1));
        gate.Record(Step(), StepResult.Unavailable("busy"));
        var refusal = Assert.Single(gate.Refusals);
        Assert.Equal(
            ("node/n1", About, "it left", "busy", false, 2),
            (refusal.Key, refusal.About, refusal.Why, refusal.Reason, refusal.Rejected, refusal.Times));
        Assert.Equal(time.GetUtcNow() - TimeSpan.FromMinutes(1), refusal.Since);
        gate.Record(Step(), StepResult.Done);
        Assert.Empty(gate.Refusals);
    }

    [Fact]
    public void What_was_refused_and_is_wanted_no_more_is_not_told()
    {
        gate.Record(Step(), StepResult.Rejected("no"));
        gate.Record(Step(node: "n2"), StepResult.Rejected("no"));
        gate.Wanted([Step("another reason")]);
        Assert.Equal(["node/n1"], gate.Refusals.Select(r => r.Key));
    }

    [Fact]
    public void A_conflict_is_told_only_when_it_comes_again_and_again()
    {
        for (var times = 1; times < StepGate.ConflictsToTell; times++)
            gate.Record(Step(), StepResult.Conflict("another drained it"));
        Assert.Empty(gate.Refusals);
        gate.Record(Step(), StepResult.Conflict("another drained it"));
        Assert.Equal(StepGate.ConflictsToTell, Assert.Single(gate.Refusals).Times);
    }
}
