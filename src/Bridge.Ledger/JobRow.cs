using Bridge.Core.Model;
using Bridge.Core.Names;

namespace Bridge.Ledger;

/// <summary>Identity of a submission: a requeue keeps the job id, slurmctld gives it a new submit time.</summary>
public readonly record struct JobKey(string Cluster, JobId Id, DateTimeOffset SubmitTime);

/// <summary>One job of one cluster, as the ledger keeps it.</summary>
public sealed record JobRow(JobKey Key, SlurmJob Job)
{
    /// <summary>0 waiting, 1 running, 2 ended: the same numbers as the column state_rank.</summary>
    public int Rank => Job.Finished ? 2 : Job.State == JobStates.Pending ? 0 : 1;

    /// <summary>
    /// Whether <paramref name="next"/> may take this row's place: states never go backwards, except that a job which
    /// has not ended may be waiting again when it was restarted.
    /// </summary>
    public bool YieldsTo(JobRow next) =>
        next.Rank >= Rank || (Rank < 2 && next.Job.RestartCount > Job.RestartCount);
}
