using System.Collections.Immutable;
using Bridge.Control;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.View;

namespace Bridge.Daemon.Jobs;

/// <summary>
/// Offers the jobs of one SlurmCluster to the ledger for one term of leadership: first all, for what the last leader
/// did not get there is not known, then what changes. One caller at a time.
/// </summary>
/// <param name="record">Puts one job into the ledger's queue; Unavailable where that has no room.</param>
public sealed class JobRecorder(Func<SlurmJob, StepResult> record)
{
    /// <summary>So many jobs wait here for room in the queue; where there are more, all are offered again.</summary>
    public const int MostWaiting = 20_000;

    private readonly Dictionary<(JobId Id, DateTimeOffset? Submitted), SlurmJob> waiting = [];
    private ImmutableDictionary<JobId, SlurmJob>? jobs;
    private JobChanges? changes;

    /// <summary>
    /// Offers what is new in the newest view, and again what found no room. Returns whether something waits still, so
    /// that this is to be called again though nothing changes.
    /// </summary>
    public bool Record(SlurmView view)
    {
        foreach (var job in waiting.Values.ToList())
            Offer(job);
        if (view.Jobs.Current && !ReferenceEquals(jobs, view.JobsById))
        {
            if (view.JobChanges.Since(changes) is { } delta)
                OfferChanges(view, delta);
            else
                foreach (var job in view.JobsById.Values)
                    Offer(job);
            (jobs, changes) = (view.JobsById, view.JobChanges);
        }
        if (waiting.Count <= MostWaiting)
            return waiting.Count > 0;
        waiting.Clear();
        (jobs, changes) = (null, null);
        return true;
    }

    private void OfferChanges(SlurmView view, JobDelta delta)
    {
        foreach (var job in delta.Left)
            if (job.Finished)
                Offer(job);
        foreach (var id in delta.Ids)
            if (view.JobsById.TryGetValue(id, out var job))
                Offer(job);
    }

    private void Offer(SlurmJob job)
    {
        if (record(job) is StepResult.UnavailableResult)
            waiting[(job.Id, job.SubmitTime)] = job;
        else
            waiting.Remove((job.Id, job.SubmitTime));
    }
}
