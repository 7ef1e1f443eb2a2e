using Bridge.Core.Model;
using Bridge.Core.Names;

namespace Bridge.Slurm.Reading;

/// <summary>Which of two records of one job id is believed. Pure.</summary>
internal static class JobMerge
{
    /// <summary>
    /// The newer truth. A finished job stays finished, however late an older answer comes, unless it was submitted or
    /// started anew (requeue); a record of an earlier submission never replaces a later one. Of two submissions the
    /// times decide alone: squeue tells no restarts, so that they are counted as none of a new one.
    /// </summary>
    public static SlurmJob Merge(SlurmJob? old, SlurmJob read)
    {
        if (old is null)
            return read;
        var later = read.SubmitTime > old.SubmitTime;
        if (read.SubmitTime < old.SubmitTime || (!later && read.RestartCount < old.RestartCount))
            return old;
        var anew = later || read.RestartCount > old.RestartCount;
        if (old.Finished && !read.Finished && !anew)
            return old;
        // Accounting does not tell which GPUs: what the controller told while the job lived is kept.
        return read.GresDetail.IsEmpty && !anew && read.Finished ? read with { GresDetail = old.GresDetail } : read;
    }

    /// <summary>
    /// The record of an accounting window that tells how a lost job ended: the latest submission, if it has ended. Null
    /// when there is none.
    /// </summary>
    public static SlurmJob? Ended(SlurmJob lost, IEnumerable<SlurmJob> accounted) =>
        accounted.Where(a => a.Id == lost.Id && a.Finished && !(a.SubmitTime < lost.SubmitTime))
            .MaxBy(a => (a.SubmitTime ?? DateTimeOffset.MinValue, a.StartTime ?? DateTimeOffset.MinValue));

    /// <summary>Finished jobs to drop from the view: past their time, and the oldest above a number.</summary>
    public static IEnumerable<JobId> Expired(IEnumerable<SlurmJob> jobs, DateTimeOffset now, TimeSpan keep, int atMost)
    {
        var finished = jobs.Where(j => j.Finished).OrderByDescending(j => j.EndTime ?? DateTimeOffset.MaxValue)
            .ToList();
        return finished.Where((j, i) => i >= atMost || now - (j.EndTime ?? now) > keep).Select(j => j.Id);
    }
}
