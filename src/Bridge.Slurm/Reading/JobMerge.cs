using Bridge.Core.Model;

namespace Bridge.Slurm.Reading;

/// <summary>Which of two records of one job id is believed. Pure.</summary>
internal static class JobMerge
{
    /// <summary>
    /// The newer truth. A finished job stays finished, however late an older answer comes, unless it was submitted or
    /// started anew (requeue); a record of an earlier submission never replaces a later one. Of two submissions the
    /// times decide alone.
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
}
