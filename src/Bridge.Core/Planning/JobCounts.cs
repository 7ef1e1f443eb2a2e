using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.View;

namespace Bridge.Core.Planning;

/// <summary>
/// Running and pending jobs, over all and by partition. A pending array counts as one job, as squeue shows it.
/// </summary>
public sealed class JobCounts
{
    // Counting ten thousand jobs is a third of an idle plan, and most plans find the jobs of the one before.
    private static readonly ConditionalWeakTable<ImmutableDictionary<JobId, SlurmJob>, JobCounts> Known = [];

    private readonly Dictionary<string, (int Running, int Pending)> byPartition = new(StringComparer.Ordinal);

    public int Running { get; private set; }
    public int Pending { get; private set; }

    public int RunningIn(string partition) => byPartition.GetValueOrDefault(partition).Running;

    public int PendingIn(string partition) => byPartition.GetValueOrDefault(partition).Pending;

    public static JobCounts Of(SlurmView slurm) => Known.GetValue(slurm.JobsById, Count);

    private static JobCounts Count(ImmutableDictionary<JobId, SlurmJob> jobs)
    {
        var counts = new JobCounts();
        foreach (var job in jobs.Values)
            if (!job.Finished)
                counts.Add(job);
        return counts;
    }

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
