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
    private readonly Dictionary<string, (int Running, int Pending)> byPartition = new(StringComparer.Ordinal);

    public int Running { get; private set; }
    public int Pending { get; private set; }

    public int RunningIn(string partition) => byPartition.GetValueOrDefault(partition).Running;

    public int PendingIn(string partition) => byPartition.GetValueOrDefault(partition).Pending;

    private JobCounts(ImmutableDictionary<JobId, SlurmJob> jobs)
    {
        of = jobs;
        foreach (var job in jobs.Values)
            if (!job.Finished)
                Add(job);
    }

    /// <summary>Counted once for as long as the jobs are the same: most plans find those of the one before.</summary>
    public static JobCounts Of(SlurmView slurm, PlanMemory memory) =>
        memory.Jobs is { } known && ReferenceEquals(known.of, slurm.JobsById)
            ? known
            : memory.Jobs = new JobCounts(slurm.JobsById);

    private void Add(SlurmJob job)
    {
        var pending = job.State == JobStates.Pending;
        Pending += pending ? 1 : 0;
        Running += pending ? 0 : 1;
        if (!job.Partition.Contains(',', StringComparison.Ordinal))
            Add(job.Partition, pending);
        else
            foreach (var partition in job.Partition.Split(','))
                Add(partition, pending);
    }

    private void Add(string partition, bool pending)
    {
        var (running, waiting) = byPartition.GetValueOrDefault(partition);
        byPartition[partition] = pending ? (running, waiting + 1) : (running + 1, waiting);
    }
}
