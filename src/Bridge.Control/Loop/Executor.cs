using System.Collections.Concurrent;
using System.Collections.Immutable;
using Bridge.Control.Ports;
using Bridge.Core.Planning;
using Bridge.Core.View;
using Microsoft.Extensions.Logging;

namespace Bridge.Control.Loop;

/// <summary>A step that was tried, and what came of it.</summary>
public sealed record StepOutcome(Step Step, StepResult Result, DateTimeOffset At)
{
    /// <summary>How often in a row its key has failed by now; 0 when it was done.</summary>
    public int Failures { get; init; }
}

/// <summary>What came of a plan.</summary>
/// <param name="Wrote">Whether anything but bookkeeping was tried.</param>
/// <param name="Again">When to plan again though nothing changes: something waits, failed or was cut off; null when
/// not.</param>
public readonly record struct Executed(bool Wrote, TimeSpan? Again);

/// <summary>
/// Does the steps of a plan: one switch, one port call a step. Steps of one key run in order and stop at the first that
/// is not done; different keys run side by side, up to a limit. Each outcome goes to the gate, the log, the metrics and
/// who subscribes as its step ends, whatever becomes of leadership meanwhile. One plan at a time.
/// </summary>
/// <param name="kube">Whom steps of Kubernetes ask.</param>
/// <param name="slurm">Whom steps of Slurm ask; null where no plan has any.</param>
/// <param name="leads">Asked right before each step.</param>
/// <param name="time">Clock of deadlines and outcomes.</param>
/// <param name="log">Gets a line for each outcome.</param>
public sealed class Executor(IKubePort kube, ISlurmPort? slurm, Func<bool> leads, TimeProvider time, ILogger log)
{
    public const int MaxAtOnce = 8;

    /// <summary>
    /// A neighbour that leaves so many steps in a row unanswered is left alone for the rest of the plan: each more
    /// might wait out a whole deadline, and nothing else is done meanwhile. One or two say nothing of the others.
    /// </summary>
    public const int MostUnanswered = 3;

    /// <summary>
    /// A plan starts nothing but statuses after this time: what is left is planned again on newer views, so that a plan
    /// of thousands of steps delays a drain by no more.
    /// </summary>
    public static readonly TimeSpan PlanTime = TimeSpan.FromSeconds(10);

    /// <summary>How old Slurm's word that a node is idle may be when its slurmd is ended.</summary>
    public static readonly TimeSpan OldestWord = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan AfterCut = TimeSpan.FromMilliseconds(200);

    private readonly StepGate gate = new(time);
    private readonly Lock telling = new();

    /// <summary>
    /// Told of every step that was tried, as it ends, one at a time: for Events and the ledger. Handlers return at once
    /// (note it, queue it): the other steps of this plan wait for them. One that throws is logged.
    /// </summary>
    public event Action<StepOutcome>? Tried;

    /// <inheritdoc cref="StepGate.Refusals"/>
    public ImmutableArray<Refusal> Refusals => gate.Refusals;

    /// <inheritdoc cref="StepGate.Wanted"/>
    public void Wanted(ImmutableArray<Step> plan) => gate.Wanted(plan);

    /// <summary>
    /// Tries the steps, and returns when nothing is under way any more. Not tried are those that must still wait after
    /// they were done or failed, those that one of their key held back, those that their neighbour's silence did, and
    /// those whose turn came when the time was up or leadership over.
    /// </summary>
    public async Task<Executed> ExecuteAsync(ImmutableArray<Step> steps, CancellationToken cancel)
    {
        var allowed = Allowed(steps, out var again);
        // What failed before comes last: it may use up the patience with its neighbour.
        var keys = allowed.OrderBy(gate.Failures).GroupBy(s => s.Key, StringComparer.Ordinal);
        var plan = new UnderWay(new(keys), time.GetTimestamp(), cancel);
        await Task.WhenAll(Enumerable.Range(0, Math.Min(MaxAtOnce, allowed.Count)).Select(_ => WorkAsync(plan)));
        if (plan.Tried.Count < allowed.Count)
            again = Sooner(again, AfterCut);
        foreach (var step in plan.Tried)
            again = Sooner(again, gate.Wait(step));
        return new Executed(plan.Tried.Any(s => !s.Bookkeeping), again);
    }

    // One step of a key that must wait makes the key's later ones wait too: their order is part of the plan.
    private List<Step> Allowed(ImmutableArray<Step> steps, out TimeSpan? again)
    {
        var allowed = new List<Step>(steps.Length);
        var held = new HashSet<string>(StringComparer.Ordinal);
        again = null;
        foreach (var step in steps)
        {
            var wait = gate.Wait(step);
            again = Sooner(again, wait);
            if (wait is not null)
                held.Add(step.Key);
            if (!held.Contains(step.Key))
                allowed.Add(step);
        }
        return allowed;
    }

    private static TimeSpan? Sooner(TimeSpan? one, TimeSpan? other) =>
        one is null ? other : other is null || one <= other ? one : other;

    private async Task WorkAsync(UnderWay plan)
    {
        while (plan.Keys.TryDequeue(out var steps))
            foreach (var step in steps)
            {
                if (!MayStart(step, plan))
                    break;
                var begun = time.GetTimestamp();
                var result = await TryAsync(step, plan.Cancel);
                lock (telling)
                {
                    plan.Heard(step, result);
                    gate.Record(step, result);
                    var outcome = new StepOutcome(step, result, time.GetUtcNow())
                        { Failures = gate.Failures(step) };
                    log.Tell(outcome);
                    LoopMetrics.Tried(step, result, time.GetElapsedTime(begun));
                    Publish(outcome);
                }
                if (result is not (StepResult.DoneResult or StepResult.GoneResult))
                    break;
            }
    }

    private void Publish(StepOutcome outcome)
    {
        foreach (var handler in Delegate.EnumerateInvocationList(Tried))
            try
            {
                handler(outcome);
            }
            catch (Exception exception)
            {
                log.SubscriberFailed(exception);
            }
    }

    // Asked right before each step: a leader that has lost its lease starts nothing more. The clock is asked too,
    // because a process that was stopped for a while acts before its timers tell it of the loss. Statuses are few, and
    // tell what is wrong: they are tried though a neighbour is silent or the time is up.
    private bool MayStart(Step step, UnderWay plan) =>
        !plan.Cancel.IsCancellationRequested && leads()
        && (step is WriteStatus || (!plan.IsSilent(step.Plane) && time.GetElapsedTime(plan.Begun) < PlanTime));

    // A step that fails by a bug fails alone: the others of the plan go on, and its key is delayed like any other.
    private async Task<StepResult> TryAsync(Step step, CancellationToken cancel)
    {
        try
        {
            return await DoAsync(step, cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return StepResult.Unavailable("leadership ended while it was under way");
        }
        catch (Exception exception)
        {
            log.StepFailed(exception, step.Key, step.Why);
            return StepResult.Unavailable($"failed inside Bridge: {exception.Message}");
        }
    }

    private Task<StepResult> DoAsync(Step step, CancellationToken cancel) => step switch
    {
        CreateClaim s => kube.CreateClaimAsync(s.Claim, cancel),
        CreatePod s => kube.CreatePodAsync(s.Pod, cancel),
        DeletePod s => EndPodAsync(s, cancel),
        DeleteClaim s => kube.DeleteClaimAsync(s, cancel),
        DrainNodes s => Slurm.DrainAsync(s, cancel),
        ResumeNodes s => Slurm.ResumeAsync(s, cancel),
        TagNodes s => Slurm.TagAsync(s, cancel),
        DeleteSlurmNodes s => Slurm.DeleteNodesAsync(s, cancel),
        PutPartition s => Slurm.PutPartitionAsync(s, cancel),
        DeletePartition s => Slurm.DeletePartitionAsync(s, cancel),
        SetFinalizer s => kube.SetFinalizerAsync(s, cancel),
        SetNodeCondition s => kube.SetNodeConditionAsync(s, cancel),
        SetCordon s => kube.SetCordonAsync(s, cancel),
        WriteStatus s => kube.WriteStatusAsync(s, cancel),
        _ => throw new NotSupportedException($"the executor has no case for {step.GetType().Name}"),
    };

    private ISlurmPort Slurm => slurm ?? throw new NotSupportedException("no Slurm is served here");

    // The only step that can end a job. Kubernetes knows of none, so Slurm is asked once more, right before; what it
    // said long ago is not right before. What is left: who resumes the node by hand between this answer and the end of
    // the slurmd may lose a job that starts there. Neither side has a call that takes both into account.
    private async Task<StepResult> EndPodAsync(DeletePod step, CancellationToken cancel)
    {
        if (!step.EndsWork)
            return await kube.DeletePodAsync(step, cancel);
        var asked = time.GetTimestamp();
        var idle = await Slurm.ConfirmIdleAsync(step.SlurmNode, step.HeldFor, cancel);
        if (idle is not StepResult.DoneResult)
            return idle;
        if (time.GetElapsedTime(asked) > OldestWord)
            return StepResult.Conflict($"Slurm took too long to say that {step.SlurmNode} runs no job");
        return leads()
            ? await kube.DeletePodAsync(step, cancel)
            : StepResult.Unavailable("Bridge leads no longer; nothing was written");
    }

    /// <summary>One plan that is being done. What was tried is noted by one at a time.</summary>
    private sealed record UnderWay(ConcurrentQueue<IGrouping<string, Step>> Keys, long Begun, CancellationToken Cancel)
    {
        private readonly int[] unanswered = new int[Enum.GetValues<Plane>().Length];

        public List<Step> Tried { get; } = [];

        public bool IsSilent(Plane plane) => Volatile.Read(ref unanswered[(int)plane]) >= MostUnanswered;

        public void Heard(Step step, StepResult result)
        {
            Tried.Add(step);
            ref var row = ref unanswered[(int)step.Plane];
            Volatile.Write(ref row, result is StepResult.UnavailableResult ? row + 1 : 0);
        }
    }
}
