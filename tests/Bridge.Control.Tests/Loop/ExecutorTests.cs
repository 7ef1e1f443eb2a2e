using System.Collections.Immutable;
using Bridge.Control.Loop;
using Bridge.Core.Names;
using Bridge.Core.Planning;
using Bridge.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bridge.Control.Tests.Loop;

public sealed class ExecutorTests
{
    private static readonly ObjectRef About = new("Node", "", "n1");

    private readonly ClusterLoopPorts ports = new();
    private readonly ManualTime time = new();
    private readonly Executor executor;
    private readonly List<StepOutcome> outcomes = [];
    private bool leads = true;

    public ExecutorTests()
    {
        executor = new Executor(ports, ports, () => leads, time, NullLogger.Instance);
        executor.Tried += outcomes.Add;
    }

    private Task<Executed> ExecuteAsync(ImmutableArray<Step> steps, CancellationToken? cancel = null) =>
        executor.ExecuteAsync(steps, cancel ?? Cancel);

    private static DeletePod EndPod(string node) =>
        new(About, "it left", new NodeName(node), "slurm", "slurmd-" + node, "uid");

    private static DeleteSlurmNodes DeleteRecord(string node) => new(About, "it left", [new NodeName(node)]);

    private static TagNodes Tag(string node) => new(About, "new", [new NodeTag(new NodeName(node), "", null, 1, null)]);

    private static WritePoolStatus Status() => new(new ObjectRef("NodePool", "slurm", "main"), "counted", [], new())
        { ResourceVersion = "1" };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Steps_of_one_key_run_in_the_order_of_the_plan()
    {
        await ExecuteAsync([EndPod("n1"), DeleteRecord("n1")]);
        Assert.Equal(["DeletePod slurmd-n1", "DeleteSlurmNodes n1"], ports.Writes);
    }

    [Theory]
    [InlineData("Conflict")]
    [InlineData("Unavailable")]
    [InlineData("Rejected")]
    public async Task A_step_that_is_not_done_holds_back_the_later_ones_of_its_key_only(string result)
    {
        StepResult failure = result switch
        {
            "Conflict" => StepResult.Conflict("changed"),
            "Unavailable" => StepResult.Unavailable("no answer"),
            _ => StepResult.Rejected("no"),
        };
        ports.Answer = what => Task.FromResult(what == "DeletePod slurmd-n1" ? failure : StepResult.Done);
        await ExecuteAsync([EndPod("n1"), EndPod("n2"), DeleteRecord("n1"), DeleteRecord("n2")]);
        Assert.DoesNotContain("DeleteSlurmNodes n1", ports.Writes);
        Assert.Contains("DeleteSlurmNodes n2", ports.Writes);
        Assert.Equal([failure, StepResult.Done, StepResult.Done], outcomes.Select(o => o.Result));
    }

    [Fact]
    public async Task What_is_gone_already_does_not_hold_back_the_next_step()
    {
        ports.Answer = _ => Task.FromResult(StepResult.Gone);
        await ExecuteAsync([EndPod("n1"), DeleteRecord("n1")]);
        Assert.Equal(2, ports.Writes.Count);
    }

    [Fact]
    public async Task Each_outcome_is_told_as_its_step_ends()
    {
        var slow = new TaskCompletionSource<StepResult>();
        ports.Answer = what => what.EndsWith("n1", StringComparison.Ordinal)
            ? slow.Task : Task.FromResult(StepResult.Done);
        var run = ExecuteAsync([EndPod("n1"), EndPod("n2")]);
        Assert.Equal(["node/n2"], outcomes.Select(o => o.Step.Key));
        slow.SetResult(StepResult.Done);
        await run;
        Assert.Equal(["node/n2", "node/n1"], outcomes.Select(o => o.Step.Key));
    }

    [Fact]
    public async Task Different_keys_run_side_by_side_up_to_the_limit()
    {
        var answer = new TaskCompletionSource<StepResult>();
        ports.Answer = _ => answer.Task;
        var run = ExecuteAsync([.. Enumerable.Range(1, 20).Select(i => EndPod($"n{i}"))]);
        Assert.Equal(Executor.MaxAtOnce, ports.Writes.Count);
        answer.SetResult(StepResult.Done);
        await run;
        Assert.Equal(20, outcomes.Count);
        Assert.Equal(20, ports.Writes.Count);
    }

    [Fact]
    public async Task A_lease_that_is_lost_lets_nothing_more_start_and_all_that_was_done_is_told()
    {
        using var leadership = new CancellationTokenSource();
        var last = new TaskCompletionSource<StepResult>();
        ports.Answer = _ => ports.Writes.Count <= 2990 ? Task.FromResult(StepResult.Done) : last.Task;
        var run = ExecuteAsync([.. Enumerable.Range(1, 5000).Select(i => Tag($"n{i}"))], leadership.Token);
        Assert.Equal(2990, outcomes.Count);
        await leadership.CancelAsync();
        last.SetResult(StepResult.Done);
        await run;
        Assert.Equal(2990 + Executor.MaxAtOnce, ports.Writes.Count);
        Assert.Equal(ports.Writes.Order(), outcomes.Select(o => "TagNodes " + ((TagNodes)o.Step).Tags[0].Node).Order());
    }

    [Fact]
    public async Task A_request_that_is_broken_off_with_the_lease_is_told_as_one_of_unknown_outcome()
    {
        using var leadership = new CancellationTokenSource();
        ports.Answer = async _ =>
        {
            await leadership.CancelAsync();
            throw new OperationCanceledException(leadership.Token);
        };
        await ExecuteAsync([EndPod("n1"), EndPod("n2")], leadership.Token);
        Assert.IsType<StepResult.UnavailableResult>(Assert.Single(outcomes).Result);
    }

    [Fact]
    public async Task A_lease_that_ran_out_unnoticed_lets_nothing_more_start_either()
    {
        var answer = new TaskCompletionSource<StepResult>();
        ports.Answer = _ => answer.Task;
        var run = ExecuteAsync([.. Enumerable.Range(1, 20).Select(i => EndPod($"n{i}"))]);
        leads = false;
        answer.SetResult(StepResult.Done);
        await run;
        Assert.Equal(Executor.MaxAtOnce, outcomes.Count);
        Assert.Equal(Executor.MaxAtOnce, ports.Writes.Count);
    }

    [Fact]
    public async Task When_the_time_is_up_nothing_but_statuses_is_started()
    {
        ports.Answer = _ =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(StepResult.Done);
        };
        await ExecuteAsync([.. Enumerable.Range(1, 100).Select(i => Tag($"n{i}")), Status()]);
        Assert.Equal(((int)Executor.PlanTime.TotalSeconds, 1), (ports.Writes.Count, ports.Statuses));
    }

    [Fact]
    public async Task A_step_that_fails_by_a_bug_fails_alone()
    {
        ports.Answer = what => what.EndsWith("n0", StringComparison.Ordinal)
            ? Task.FromResult(StepResult.Done) : throw new InvalidOperationException("a bug");
        await ExecuteAsync([.. Enumerable.Range(1, 20).Select(i => EndPod($"n{i}")), Tag("n0")]);
        Assert.Equal("TagNodes n0", ports.Writes[^1]);
        Assert.Contains(
            outcomes, o => o.Result is StepResult.UnavailableResult { Reason: "failed inside Bridge: a bug" });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Slurm_is_asked_once_more_before_a_slurmd_that_may_have_work_is_ended(bool works)
    {
        ports.Idle = StepResult.Conflict("n1 has a job by now");
        await ExecuteAsync([EndPod("n1") with { EndsWork = works, HeldFor = "bridge: leaving" }]);
        Assert.Equal(works ? ["n1 bridge: leaving"] : [], ports.Confirmed);
        Assert.Equal(works ? ports.Idle : StepResult.Done, Assert.Single(outcomes).Result);
        Assert.Equal(works ? [] : ["DeletePod slurmd-n1"], ports.Writes);
    }

    [Fact]
    public async Task A_neighbour_that_left_three_steps_unanswered_is_asked_nothing_more_and_the_other_one_is()
    {
        var silence = new TaskCompletionSource<StepResult>();
        ports.Answer = what => what.StartsWith("Delete", StringComparison.Ordinal)
            ? Task.FromResult(StepResult.Done) : silence.Task;
        var run = ExecuteAsync(
            [.. Enumerable.Range(1, 1000).Select(i => Tag($"n{i}")), EndPod("n1"), EndPod("n2"), Status()]);
        silence.SetResult(StepResult.Unavailable("no answer"));
        await run;
        // The first ones that end make room for others before there are three.
        Assert.InRange(
            ports.Writes.Count(w => w.StartsWith("Tag", StringComparison.Ordinal)), Executor.MaxAtOnce,
            Executor.MaxAtOnce + Executor.MostUnanswered - 1);
        Assert.Equal(["DeletePod slurmd-n1", "DeletePod slurmd-n2"], ports.Writes[^2..].Order());
        Assert.Equal(1, ports.Statuses);
    }

    [Fact]
    public async Task A_neighbour_that_answers_now_and_then_is_asked_everything()
    {
        ports.Answer = what => Task.FromResult(
            what.EndsWith('0') ? StepResult.Conflict("changed") : StepResult.Unavailable("busy"));
        await ExecuteAsync(
            [.. Enumerable.Range(1, 20).Select(i => Tag($"n{(i % 3 == 0 ? i * 10 : i)}"))]);
        Assert.Equal(20, ports.Writes.Count);
    }

    [Fact]
    public async Task What_is_held_back_with_its_neighbour_holds_back_the_later_steps_of_its_key()
    {
        ports.Answer = what => Task.FromResult(
            what.StartsWith("DeletePod", StringComparison.Ordinal)
                ? StepResult.Unavailable("no answer") : StepResult.Done);
        await ExecuteAsync(
            [EndPod("n1"), EndPod("n2"), EndPod("n3"), EndPod("n4"), DeleteRecord("n4"), DeleteRecord("n5")]);
        Assert.Equal("DeleteSlurmNodes n5", ports.Writes[^1]);
        Assert.Equal(4, ports.Writes.Count);
    }

    [Fact]
    public async Task Statuses_are_written_though_nothing_else_gets_an_answer()
    {
        ports.Answer = _ => Task.FromResult(StepResult.Unavailable("a webhook failed"));
        await ExecuteAsync(
            [.. Enumerable.Range(1, 20).Select(i => EndPod($"n{i}")), Status()]);
        Assert.Equal((Executor.MostUnanswered, 1), (ports.Writes.Count, ports.Statuses));
    }

    [Fact]
    public async Task Cancelled_before_it_begins_it_writes_nothing()
    {
        using var leadership = new CancellationTokenSource();
        await leadership.CancelAsync();
        await ExecuteAsync([EndPod("n1")], leadership.Token);
        Assert.Empty(ports.Writes);
    }

    [Fact]
    public async Task A_subscriber_that_throws_holds_up_nothing()
    {
        executor.Tried += _ => throw new InvalidOperationException("a bug");
        var executed = await ExecuteAsync([EndPod("n1"), EndPod("n2")]);
        Assert.True(executed.Wrote);
        Assert.Equal(2, outcomes.Count);
    }

    [Fact]
    public async Task Slurm_s_word_that_came_late_is_not_acted_on()
    {
        ports.Confirming = () => time.Advance(Executor.OldestWord + TimeSpan.FromSeconds(1));
        await ExecuteAsync([EndPod("n1") with { EndsWork = true }]);
        Assert.Empty(ports.Writes);
        Assert.IsType<StepResult.ConflictResult>(Assert.Single(outcomes).Result);
    }

    [Fact]
    public async Task A_lease_that_ran_out_while_Slurm_was_asked_keeps_the_slurmd()
    {
        ports.Confirming = () => leads = false;
        await ExecuteAsync([EndPod("n1") with { EndsWork = true }]);
        Assert.Empty(ports.Writes);
    }
}
