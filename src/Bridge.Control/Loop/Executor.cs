using System.Collections.Concurrent;
using Bridge.Control.Ports;
using Bridge.Core.Planning;
using Microsoft.Extensions.Logging;

namespace Bridge.Control.Loop;

/// <summary>A step that was tried, and what came of it.</summary>
public sealed record StepOutcome(Step Step, StepResult Result, DateTimeOffset At);

/// <summary>
/// Does the steps of a plan: one switch, one port call a step. Steps of one key run in order and stop at the first that
/// is not done; different keys run side by side, up to a limit.
/// </summary>
public sealed class Executor(IKubePort kube, ISlurmPort slurm, Func<bool> leads, TimeProvider time, ILogger log)
{
    public const int MaxAtOnce = 8;

    /// <summary>
    /// A neighbour that leaves so many steps in a row unanswered is left alone for the rest of the plan: each more
    /// might wait out a whole deadline, and nothing else is done meanwhile. One or two say nothing of the others.
    /// </summary>
    public const int MostUnanswered = 3;

    /// <summary>
    /// Tries every step and tells each outcome as the step ends, whatever becomes of leadership meanwhile. Not tried
    /// are those that a failed one of their key held back, those that their neighbour's silence did, and those whose
    /// turn came when the time was up or leadership over. Returns when nothing is under way any more.
    /// </summary>
    /// <param name="steps">The plan, in its order.</param>
    /// <param name="within">Nothing but statuses is started after this time.</param>
    /// <param name="tell">Called on any thread, by several at once.</param>
    /// <param name="cancel">Leadership.</param>
    public Task ExecuteAsync(
        IReadOnlyList<Step> steps, TimeSpan within, Action<StepOutcome> tell, CancellationToken cancel)
    {
        var plan = new UnderWay(
            new(steps.GroupBy(s => s.Key, StringComparer.Ordinal)), time.GetTimestamp(), within, tell, cancel);
        return Task.WhenAll(Enumerable.Range(0, Math.Min(MaxAtOnce, steps.Count)).Select(_ => WorkAsync(plan)));
    }

    private async Task WorkAsync(UnderWay plan)
    {
        while (plan.Keys.TryDequeue(out var steps))
            foreach (var step in steps)
            {
                if (!MayStart(step, plan))
                    break;
                var result = await TryAsync(step, plan.Cancel);
                plan.Heard(step, result);
                plan.Tell(new StepOutcome(step, result, time.GetUtcNow()));
                if (result is not (StepResult.DoneResult or StepResult.GoneResult))
                    break;
            }
    }

    // Asked right before each step: a leader that has lost its lease starts nothing more. The clock is asked too,
    // because a process that was stopped for a while acts before its timers tell it of the loss. Statuses are few, and
    // tell what is wrong: they are tried though a neighbour is silent or the time is up.
    private bool MayStart(Step step, UnderWay plan) =>
        !plan.Cancel.IsCancellationRequested && leads()
        && (step is WriteStatus || (!plan.IsSilent(step.Plane) && time.GetElapsedTime(plan.Begun) < plan.Within));

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
        DrainNodes s => slurm.DrainAsync(s, cancel),
        ResumeNodes s => slurm.ResumeAsync(s, cancel),
        TagNodes s => slurm.TagAsync(s, cancel),
        DeleteSlurmNodes s => slurm.DeleteNodesAsync(s, cancel),
        PutPartition s => slurm.PutPartitionAsync(s, cancel),
        DeletePartition s => slurm.DeletePartitionAsync(s, cancel),
        SetPartitionFinalizer s => kube.SetPartitionFinalizerAsync(s, cancel),
        SetNodeCondition s => kube.SetNodeConditionAsync(s, cancel),
        SetCordon s => kube.SetCordonAsync(s, cancel),
        WriteStatus s => kube.WriteStatusAsync(s, cancel),
        _ => throw new NotSupportedException($"the executor has no case for {step.GetType().Name}"),
    };

    // The only step that can end a job. Kubernetes knows of none, so Slurm is asked once more, right before.
    private async Task<StepResult> EndPodAsync(DeletePod step, CancellationToken cancel)
    {
        if (step.EndsWork && await slurm.ConfirmIdleAsync(step.SlurmNode, step.HeldFor, cancel) is var idle
            && idle is not StepResult.DoneResult)
            return idle;
        return await kube.DeletePodAsync(step, cancel);
    }

    /// <summary>One plan that is being done, and how many steps in a row each neighbour has left unanswered.</summary>
    private sealed record UnderWay(
        ConcurrentQueue<IGrouping<string, Step>> Keys, long Begun, TimeSpan Within, Action<StepOutcome> Tell,
        CancellationToken Cancel)
    {
        private readonly int[] unanswered = new int[Enum.GetValues<Plane>().Length];

        public bool IsSilent(Plane plane) => Volatile.Read(ref unanswered[(int)plane]) >= MostUnanswered;

        public void Heard(Step step, StepResult result)
        {
            if (result is StepResult.UnavailableResult)
                Interlocked.Increment(ref unanswered[(int)step.Plane]);
            else
                Volatile.Write(ref unanswered[(int)step.Plane], 0);
        }
    }
}
