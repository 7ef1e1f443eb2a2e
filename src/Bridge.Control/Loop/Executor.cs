using System.Collections.Immutable;
using Bridge.Control.Ports;
using Bridge.Core.Planning;

namespace Bridge.Control.Loop;

/// <summary>
/// Does the steps of a plan: one switch, one port call a step. Steps of one key run in order and stop at the first that
/// is not done; different
/// keys run side by side, up to a limit.
/// </summary>
public sealed class Executor(IKubePort kube, ISlurmPort slurm, Func<bool> leads, TimeProvider time)
{
    public const int MaxAtOnce = 8;

    /// <summary>
    /// A neighbour that leaves so many steps in a row unanswered is left alone for the rest of the plan: each more
    /// might wait out a whole deadline, and nothing else is done meanwhile. One or two say nothing of the others.
    /// </summary>
    public const int MostUnanswered = 3;

    /// <summary>
    /// Tries every step; the outcomes come in the order of the plan, without those that a failed one of their key held
    /// back, those that their neighbour's silence did, and those whose turn came when leadership was over.
    /// </summary>
    public async Task<ImmutableArray<StepOutcome>> ExecuteAsync(IReadOnlyList<Step> steps, CancellationToken cancel)
    {
        using var slots = new Slots(MaxAtOnce);
        var silence = new Silence();
        var groups = steps.Select((step, index) => (step, index)).GroupBy(s => s.step.Key, StringComparer.Ordinal);
        var runs = groups.Select(g => RunKeyAsync([.. g], slots, silence, cancel)).ToList();
        var outcomes = await Task.WhenAll(runs);
        return [.. outcomes.SelectMany(o => o).OrderBy(o => o.Index).Select(o => o.Outcome)];
    }

    private async Task<List<(int Index, StepOutcome Outcome)>> RunKeyAsync(
        ImmutableArray<(Step Step, int Index)> steps, Slots slots, Silence silence, CancellationToken cancel)
    {
        var outcomes = new List<(int, StepOutcome)>();
        foreach (var (step, index) in steps)
        {
            await slots.EnterAsync();
            try
            {
                // Checked after the wait for a slot: a leader that has lost its lease starts nothing more. The clock is
                // asked too, because a process that was stopped for a while acts before its timers tell it of the loss.
                cancel.ThrowIfCancellationRequested();
                if (!leads() || silence.Holds(step))
                    break;
                var result = await DoAsync(step, cancel);
                silence.Heard(step, result);
                outcomes.Add((index, new StepOutcome(step, result, time.GetUtcNow())));
                if (result is not (StepResult.DoneResult or StepResult.GoneResult))
                    break;
            }
            finally
            {
                slots.Leave();
            }
        }
        return outcomes;
    }

    private Task<StepResult> DoAsync(Step step, CancellationToken cancel) => step switch
    {
        CreateClaim s => kube.CreateClaimAsync(s.Claim, cancel),
        CreatePod s => kube.CreatePodAsync(s.Pod, cancel),
        DeletePod s => kube.DeletePodAsync(s, cancel),
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

    /// <summary>How many steps in a row, by the order of their ends, each neighbour has left unanswered.</summary>
    private sealed class Silence
    {
        private int inSlurm;
        private int inKubernetes;

        /// <summary>Statuses are few, and tell what is wrong: they are tried in any case.</summary>
        public bool Holds(Step step) => step is not WriteStatus && Volatile.Read(ref Of(step)) >= MostUnanswered;

        public void Heard(Step step, StepResult result)
        {
            if (result is StepResult.UnavailableResult)
                Interlocked.Increment(ref Of(step));
            else
                Volatile.Write(ref Of(step), 0);
        }

        private ref int Of(Step step)
        {
            if (step is DrainNodes or ResumeNodes or TagNodes or DeleteSlurmNodes or PutPartition or DeletePartition)
                return ref inSlurm;
            return ref inKubernetes;
        }
    }

    /// <summary>
    /// A counting gate whose wait is not cancelled: a step either starts or sees the cancellation itself.
    /// </summary>
    private sealed class Slots(int count) : IDisposable
    {
        private readonly SemaphoreSlim free = new(count);

        public Task EnterAsync() => free.WaitAsync(CancellationToken.None);

        public void Leave() => free.Release();

        public void Dispose() => free.Dispose();
    }
}
