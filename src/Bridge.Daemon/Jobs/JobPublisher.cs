using Bridge.ApiServer.Jobs;
using Bridge.Core.Model;
using Bridge.Core.View;

namespace Bridge.Daemon.Jobs;

/// <summary>
/// Shows the jobs of one SlurmCluster in the job API, and for a day those that Slurm has forgotten. It walks what
/// changed since the view that it published last, and all jobs only where that is not known. One caller at a time.
/// </summary>
/// <param name="store">What the job API serves of the cluster.</param>
/// <param name="recalled">Jobs that had ended in an earlier life of Bridge.</param>
/// <param name="time">The clock.</param>
public sealed class JobPublisher(JobStore store, IEnumerable<SlurmJob> recalled, TimeProvider time)
{
    private readonly EndedJobs ended = Ended(recalled);
    private (SlurmView View, JobNamespaces Namespaces)? shown;
    private DateTimeOffset since;

    /// <summary>Publishes the newest view; those between it and the last one may be passed over.</summary>
    public void Publish(SlurmView view, JobNamespaces namespaces)
    {
        if (view.Jobs.Current)
        {
            since = view.Jobs.Since;
            if (shown is { } last && last.Namespaces == namespaces
                && (ReferenceEquals(last.View.JobsById, view.JobsById)
                    ? JobDelta.None : view.JobChanges.Since(last.View.JobChanges)) is { } delta)
                PublishChanges(view, delta);
            else
                PublishAll(view, namespaces);
            shown = (view, namespaces);
        }
        else if (view.Jobs.Error.Length > 0)
            store.Unreachable(view.Jobs.Synced ? view.Jobs.Since : since, view.Jobs.Error);
    }

    /// <summary>Nothing is read of the cluster any more: what is shown stays, with a warning.</summary>
    public void Leave(DateTimeOffset at) =>
        store.Unreachable(at, "its SlurmCluster is gone, or is connected anew");

    private void PublishChanges(SlurmView view, JobDelta delta)
    {
        foreach (var job in delta.Left)
            if (job.Finished)
                ended.Add(job);
            else
                ended.Remove(job.Id);
        foreach (var id in delta.Ids)
            if (view.JobsById.ContainsKey(id))
                ended.Remove(id);
        var old = ended.Expire(time.GetUtcNow());
        var changed = new List<SlurmJob>();
        foreach (var id in delta.Ids)
            if (view.JobsById.GetValueOrDefault(id) is { } job)
                changed.Add(job);
            else if (ended.Find(id) is { } last)
                changed.Add(last);
            else
                old.Add(id);
        store.Change(changed, old);
    }

    private void PublishAll(SlurmView view, JobNamespaces namespaces)
    {
        foreach (var (id, job) in view.JobsById)
            ended.Remove(id);
        foreach (var job in shown?.View.JobsById.Values ?? [])
            if (job.Finished && !view.JobsById.ContainsKey(job.Id))
                ended.Add(job);
        ended.Expire(time.GetUtcNow());
        store.Update(view.JobsById.Values.Concat(ended.All), namespaces);
    }

    private static EndedJobs Ended(IEnumerable<SlurmJob> jobs)
    {
        var ended = new EndedJobs();
        foreach (var job in jobs)
            ended.Add(job);
        return ended;
    }
}
