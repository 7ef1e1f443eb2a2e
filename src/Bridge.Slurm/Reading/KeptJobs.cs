using System.Collections.Immutable;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.View;
using Microsoft.Extensions.Logging;

namespace Bridge.Slurm.Reading;

/// <summary>
/// The jobs of the view, and beside them what would else need a walk over all of them on each tick: those that ended,
/// the oldest first, and those whose state moves on by itself.
/// </summary>
internal sealed class KeptJobs(ILogger log)
{
    private readonly SortedSet<(DateTimeOffset End, JobId Id)> finished = [];
    private readonly HashSet<JobId> unsettled = [];
    private readonly List<SlurmJob> left = [];
    private HashSet<JobId> touched = [];
    private JobChanges changes = new();

    public KeptSource<JobId, SlurmJob> Source { get; } = new("jobs", j => j.Id, SameContent.Jobs, log);

    public IReadOnlyCollection<JobId> Unsettled => unsettled;

    public ImmutableDictionary<JobId, SlurmJob> Content => Source.Content;

    public SlurmJob? Find(JobId id) => Source.Find(id);

    /// <summary>A record as just read, of which the newer truth stays.</summary>
    public void Merge(SlurmJob read) => Put(JobMerge.Merge(Find(read.Id), read));

    public void Put(SlurmJob job)
    {
        var old = Find(job.Id);
        if (!Source.Put(job))
            return;
        touched.Add(job.Id);
        if (old is not null && old.SubmitTime != job.SubmitTime)
            left.Add(old);
        if (old is { Finished: true })
            finished.Remove(EndOf(old));
        if (job.Finished)
            finished.Add(EndOf(job));
        if (Text.JobWords.IsUnsettled(job.Flags))
            unsettled.Add(job.Id);
        else
            unsettled.Remove(job.Id);
    }

    public void Remove(JobId id)
    {
        if (Find(id) is not { } job)
            return;
        if (job.Finished)
            finished.Remove(EndOf(job));
        unsettled.Remove(id);
        Source.Remove(id);
        touched.Add(id);
        left.Add(job);
    }

    /// <summary>How the content became what it is now; the same value while none was put or removed.</summary>
    public JobChanges Changes()
    {
        if (touched.Count > 0)
        {
            changes = changes.Next(new JobDelta([.. touched], [.. left]));
            touched = []; // after the first read it has room for all jobs
            left.Clear();
        }
        return changes;
    }

    /// <summary>Drops finished jobs that are past their time, and the oldest above a number.</summary>
    public void Expire(DateTimeOffset now, TimeSpan keep, int atMost)
    {
        while (finished.Count > 0 && finished.Min is var (end, id) && (finished.Count > atMost || now - end > keep))
            Remove(id);
    }

    private static (DateTimeOffset, JobId) EndOf(SlurmJob job) => (job.EndTime ?? DateTimeOffset.MaxValue, job.Id);
}
