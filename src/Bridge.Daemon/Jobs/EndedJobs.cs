using Bridge.Core.Model;
using Bridge.Core.Names;

namespace Bridge.Daemon.Jobs;

/// <summary>
/// Jobs that have ended and that Slurm has forgotten (MinJobAge): they are shown for a day, the newest of them where
/// there are very many.
/// </summary>
public sealed class EndedJobs
{
    public const int AtMost = 20_000;

    public static readonly TimeSpan ShownFor = TimeSpan.FromDays(1);

    private readonly Dictionary<JobId, SlurmJob> jobs = [];
    private readonly SortedSet<(DateTimeOffset End, JobId Id)> byEnd = [];

    public IEnumerable<SlurmJob> All => jobs.Values;

    public SlurmJob? Find(JobId id) => jobs.GetValueOrDefault(id);

    /// <summary>One that has no end is as old as can be.</summary>
    public void Add(SlurmJob job)
    {
        Remove(job.Id);
        jobs[job.Id] = job;
        byEnd.Add((EndOf(job), job.Id));
    }

    public void Remove(JobId id)
    {
        if (jobs.Remove(id, out var job))
            byEnd.Remove((EndOf(job), id));
    }

    /// <summary>Lets go of those that are past their day, and of the oldest above the number; says which.</summary>
    public HashSet<JobId> Expire(DateTimeOffset now)
    {
        var gone = new HashSet<JobId>();
        while (byEnd.Count > 0 && byEnd.Min is var (end, id) && (byEnd.Count > AtMost || now - end > ShownFor))
        {
            Remove(id);
            gone.Add(id);
        }
        return gone;
    }

    private static DateTimeOffset EndOf(SlurmJob job) => job.EndTime ?? DateTimeOffset.MinValue;
}
