using System.Collections.Immutable;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.View;

namespace Bridge.Core.Planning;

/// <summary>
/// Running and pending jobs, over all and by partition. A pending array counts as one job, as squeue shows it.
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
            Count(job, 1);
    }

    private JobCounts(SlurmView slurm, JobCounts before, JobDelta delta)
    {
        (of, changes) = (slurm.JobsById, slurm.JobChanges);
        byPartition = new(before.byPartition, StringComparer.Ordinal);
        (Running, Pending) = (before.Running, before.Pending);
        foreach (var id in delta.Ids)
        {
            if (before.of.TryGetValue(id, out var was))
                Count(was, -1);
            if (of.TryGetValue(id, out var now))
                Count(now, 1);
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

    private void Count(SlurmJob job, int sign)
    {
        if (job.Finished)
            return;
        var pending = job.State == JobStates.Pending;
        Pending += pending ? sign : 0;
        Running += pending ? 0 : sign;
        if (!job.Partition.Contains(',', StringComparison.Ordinal))
            Count(job.Partition, pending, sign);
        else
            foreach (var partition in job.Partition.Split(','))
                Count(partition, pending, sign);
    }

    private void Count(string partition, bool pending, int sign)
    {
        var (running, waiting) = byPartition.GetValueOrDefault(partition);
        byPartition[partition] = pending ? (running, waiting + sign) : (running + sign, waiting);
    }
}
