using Bridge.Control.Loop;
using Bridge.Core.Names;
using Bridge.Core.Planning;
using Bridge.Testing;

namespace Bridge.Control.Tests.Loop;

public sealed class ExecutorTests
{
    private static readonly ObjectRef About = new("Node", "", "n1");

    private readonly ClusterLoopPorts ports = new();
    private readonly Executor executor;
    private bool leads = true;

    public ExecutorTests() => executor = new Executor(ports, ports, () => leads, new ManualTime());

    private static DeletePod EndPod(string node) =>
        new(About, "it left", new NodeName(node), "slurm", "slurmd-" + node, "uid");

    private static DeleteSlurmNodes DeleteRecord(string node) => new(About, "it left", [new NodeName(node)]);

    private static TagNodes Tag(string node) => new(About, "new", [new NodeName(node)], new NodeTags(null, 1, null));

    private static WritePoolStatus Status() => new(new ObjectRef("NodePool", "slurm", "main"), "counted", [], new());

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Steps_of_one_key_run_in_the_order_of_the_plan()
    {
        await executor.ExecuteAsync([EndPod("n1"), DeleteRecord("n1")], Cancel);
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
        var outcomes = await executor.ExecuteAsync(
            [EndPod("n1"), EndPod("n2"), DeleteRecord("n1"), DeleteRecord("n2")], Cancel);
        Assert.DoesNotContain("DeleteSlurmNodes n1", ports.Writes);
        Assert.Contains("DeleteSlurmNodes n2", ports.Writes);
        Assert.Equal([failure, StepResult.Done, StepResult.Done], outcomes.Select(o => o.Result));
    }

    [Fact]
    public async Task What_is_gone_already_does_not_hold_back_the_next_step()
    {
        ports.Answer = _ => Task.FromResult(StepResult.Gone);
        await executor.ExecuteAsync([EndPod("n1"), DeleteRecord("n1")], Cancel);
        Assert.Equal(2, ports.Writes.Count);
    }

    [Fact]
    public async Task Outcomes_come_in_the_order_of_the_plan_whoever_answers_first()
    {
        var slow = new TaskCompletionSource<StepResult>();
        ports.Answer = what => what.EndsWith("n1", StringComparison.Ordinal)
            ? slow.Task : Task.FromResult(StepResult.Done);
        var run = executor.ExecuteAsync([EndPod("n1"), EndPod("n2")], Cancel);
        slow.SetResult(StepResult.Done);
        Assert.Equal(["node/n1", "node/n2"], (await run).Select(o => o.Step.Key));
    }

    [Fact]
    public async Task Different_keys_run_side_by_side_up_to_the_limit()
    {
        var answer = new TaskCompletionSource<StepResult>();
        ports.Answer = _ => answer.Task;
        var run = executor.ExecuteAsync([.. Enumerable.Range(1, 20).Select(i => EndPod($"n{i}"))], Cancel);
        Assert.Equal(Executor.MaxAtOnce, ports.Writes.Count);
        answer.SetResult(StepResult.Done);
        Assert.Equal(20, (await run).Length);
        Assert.Equal(20, ports.Writes.Count);
    }

    [Fact]
    public async Task A_lease_that_is_lost_lets_nothing_more_start()
    {
        using var leadership = new CancellationTokenSource();
        var answer = new TaskCompletionSource<StepResult>();
        ports.Answer = _ => answer.Task;
        var run = executor.ExecuteAsync([.. Enumerable.Range(1, 20).Select(i => EndPod($"n{i}"))], leadership.Token);
        await leadership.CancelAsync();
        answer.SetResult(StepResult.Done);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.Equal(Executor.MaxAtOnce, ports.Writes.Count);
    }

    [Fact]
    public async Task A_lease_that_ran_out_unnoticed_lets_nothing_more_start_either()
    {
        var answer = new TaskCompletionSource<StepResult>();
        ports.Answer = _ => answer.Task;
        var run = executor.ExecuteAsync([.. Enumerable.Range(1, 20).Select(i => EndPod($"n{i}"))], Cancel);
        leads = false;
        answer.SetResult(StepResult.Done);
        Assert.Equal(Executor.MaxAtOnce, (await run).Length);
        Assert.Equal(Executor.MaxAtOnce, ports.Writes.Count);
    }

    [Fact]
    public async Task A_neighbour_that_left_three_steps_unanswered_is_asked_nothing_more_and_the_other_one_is()
    {
        var silence = new TaskCompletionSource<StepResult>();
        ports.Answer = what => what.StartsWith("Delete", StringComparison.Ordinal)
            ? Task.FromResult(StepResult.Done) : silence.Task;
        var run = executor.ExecuteAsync(
            [.. Enumerable.Range(1, 1000).Select(i => Tag($"n{i}")), EndPod("n1"), EndPod("n2"), Status()], Cancel);
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
        await executor.ExecuteAsync(
            [.. Enumerable.Range(1, 20).Select(i => Tag($"n{(i % 3 == 0 ? i * 10 : i)}"))], Cancel);
        Assert.Equal(20, ports.Writes.Count);
    }

    [Fact]
    public async Task What_is_held_back_with_its_neighbour_holds_back_the_later_steps_of_its_key()
    {
        ports.Answer = what => Task.FromResult(
            what.StartsWith("DeletePod", StringComparison.Ordinal)
                ? StepResult.Unavailable("no answer") : StepResult.Done);
        await executor.ExecuteAsync(
            [EndPod("n1"), EndPod("n2"), EndPod("n3"), EndPod("n4"), DeleteRecord("n4"), DeleteRecord("n5")], Cancel);
        Assert.Equal("DeleteSlurmNodes n5", ports.Writes[^1]);
        Assert.Equal(4, ports.Writes.Count);
    }

    [Fact]
    public async Task Statuses_are_written_though_nothing_else_gets_an_answer()
    {
        ports.Answer = _ => Task.FromResult(StepResult.Unavailable("a webhook failed"));
        await executor.ExecuteAsync(
            [.. Enumerable.Range(1, 20).Select(i => EndPod($"n{i}")), Status()], Cancel);
        Assert.Equal((Executor.MostUnanswered, 1), (ports.Writes.Count, ports.Statuses));
    }

    [Fact]
    public async Task Cancelled_before_it_begins_it_writes_nothing()
    {
        using var leadership = new CancellationTokenSource();
        await leadership.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => executor.ExecuteAsync([EndPod("n1")], leadership.Token));
        Assert.Empty(ports.Writes);
    }
}
