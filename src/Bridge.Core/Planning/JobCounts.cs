using System.Collections.Immutable;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.View;

namespace Bridge.Core.Planning;

/// <summary>
/// Running and pending jobs, over all and by partition. Each task of an array is a job, also while all of them are one
/// record because none has started.
/// </summary>
public sealed class JobCounts
{
    private readonly ImmutableDictionary<JobId, SlurmJob> of;
    private readonly JobChanges changes;
    private readonly Dictionary<string, (int Running, int Pending)> byPartition;

    public int Running { get; private set; }
    public int Pending { get; private set; }

    public int RunningIn(string partition) => byPartition.GetValueOrDefault(partition).Running;

    public int PendingIn(string partition) => byPartition.GetValueOrDefault(partition).Pending;

    private JobCounts(SlurmView slurm)
    {
        (of, changes, byPartition) = (slurm.JobsById, slurm.JobChanges, new(StringComparer.Ordinal));
        foreach (var job in of.Values)
            Count(job, job.Tasks);
    }

    private JobCounts(SlurmView slurm, JobCounts before, JobDelta delta)
    {
        (of, changes) = (slurm.JobsById, slurm.JobChanges);
        byPartition = new(before.byPartition, StringComparer.Ordinal);
        (Running, Pending) = (before.Running, before.Pending);
        foreach (var id in delta.Ids)
        {
            if (before.of.TryGetValue(id, out var was))
                Count(was, -was.Tasks);
            if (of.TryGetValue(id, out var now))
                Count(now, now.Tasks);
        }
    }

    /// <summary>
    /// Counted once for as long as the jobs are the same, as most plans find them, and else from what changed.
    /// </summary>
    public static JobCounts Of(SlurmView slurm, PlanMemory memory)
    {
        if (memory.Jobs is not { } known || !ReferenceEquals(known.of, slurm.JobsById))
            memory.Jobs = known = memory.Jobs is { } before && slurm.JobChanges.Since(before.changes) is { } delta
                ? new JobCounts(slurm, before, delta)
                : new JobCounts(slurm);
        return known;
    }

    private void Count(SlurmJob job, int tasks)
    {
        if (job.Finished)
            return;
        var pending = job.State == JobStates.Pending;
        Pending += pending ? tasks : 0;
        Running += pending ? 0 : tasks;
        if (!job.Partition.Contains(',', StringComparison.Ordinal))
            Count(job.Partition, pending, tasks);
        else
            foreach (var partition in job.Partition.Split(','))
                Count(partition, pending, tasks);
    }

    private void Count(string partition, bool pending, int tasks)
    {
        var (running, waiting) = byPartition.GetValueOrDefault(partition);
        byPartition[partition] = pending ? (running, waiting + tasks) : (running + tasks, waiting);
    }
}
