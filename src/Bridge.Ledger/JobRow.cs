using Bridge.Core.Model;
using Bridge.Core.Names;

namespace Bridge.Ledger;

/// <summary>Identity of a submission: a requeue keeps the job id, slurmctld gives it a new submit time.</summary>
public readonly record struct JobKey(string Cluster, JobId Id, DateTimeOffset SubmitTime);

/// <summary>One job of one cluster, as the ledger keeps it.</summary>
/// <param name="Key">Which submission.</param>
/// <param name="Job">What Slurm says of it.</param>
/// <param name="FencingToken">Of the leadership under which that was recorded.</param>
public sealed record JobRow(JobKey Key, SlurmJob Job, long FencingToken)
{
    /// <summary>0 waiting, 1 running, 2 ended: the same numbers as the column state_rank.</summary>
    public int Rank => Job.Finished ? 2 : Job.State == JobStates.Pending ? 0 : 1;

    /// <summary>
    /// Whether <paramref name="next"/> may take this row's place: an older leadership never does, and states never go
    /// backwards, except that a job which has not ended may be waiting again when it was restarted.
    /// </summary>
    public bool YieldsTo(JobRow next) =>
        next.FencingToken >= FencingToken
        && (next.Rank >= Rank || (Rank < 2 && next.Job.RestartCount > Job.RestartCount));

    /// <summary>
    /// What is known after <paramref name="next"/>: this row where it does not yield, else that one, with what it does
    /// not tell of the same run (squeue knows no exit code, accounting no GPUs) as it was known.
    /// </summary>
    public JobRow Then(JobRow next)
    {
        if (!YieldsTo(next))
            return this;
        var (old, told) = (Job, next.Job);
        if (told.RestartCount != old.RestartCount)
            return next;
        var exit = told.ExitCode is null && told.ExitSignal is null ? old : told;
        return next with
        {
            Job = told with
            {
                StartTime = told.StartTime ?? old.StartTime,
                EndTime = told.EndTime ?? old.EndTime,
                ExitCode = exit.ExitCode,
                ExitSignal = exit.ExitSignal,
                GresDetail = told.GresDetail.IsEmpty ? old.GresDetail : told.GresDetail,
            },
        };
    }
}
