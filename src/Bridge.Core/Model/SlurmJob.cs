using System.Collections.Immutable;
using Bridge.Core.Names;

namespace Bridge.Core.Model;

/// <summary>One job as Slurm tells it: from the controller while it lives there, from accounting after.</summary>
public sealed record SlurmJob
{
    public required JobId Id { get; init; }

    /// <summary>
    /// Slurm's base state word: PENDING, RUNNING, SUSPENDED, COMPLETED, CANCELLED, FAILED, TIMEOUT, NODE_FAIL,
    /// PREEMPTED, OUT_OF_MEMORY, BOOT_FAIL, DEADLINE.
    /// </summary>
    public required string State { get; init; }

    /// <summary>State flags: COMPLETING, CONFIGURING, REQUEUED, SPECIAL_EXIT ….</summary>
    public ImmutableArray<string> Flags { get; init; } = [];

    public string Reason { get; init; } = "";
    public string Name { get; init; } = "";

    /// <summary>Name of the user; the uid in digits where Slurm cannot resolve it.</summary>
    public string User { get; init; } = "";

    public string Account { get; init; } = "";
    public string Partition { get; init; } = "";
    public string Qos { get; init; } = "";

    /// <summary>
    /// Job id of the array, and the task's index; null when not an array. A pending array's remaining tasks are one job
    /// with <see cref="ArrayTasks"/>.
    /// </summary>
    public JobId? ArrayJobId { get; init; }
    public int? ArrayTaskId { get; init; }
    public string ArrayTasks { get; init; } = "";

    /// <summary>How many tasks of an array this record stands for; 1 for any other job.</summary>
    public int Tasks { get; init; } = 1;

    /// <summary>Leader of the het job and this component's offset; null when not one.</summary>
    public JobId? HetJobId { get; init; }
    public int? HetOffset { get; init; }

    public int NodeCount { get; init; }
    public int Cpus { get; init; }

    /// <summary>Allocated nodes as a hostlist; "" while none are.</summary>
    public string Nodes { get; init; } = "";

    /// <summary>
    /// GPUs allocated, else asked for, over all nodes. Of one task, where the record stands for several.
    /// </summary>
    public int Gpus { get; init; }

    /// <summary>
    /// Per allocated node, in the order of the hostlist: Gres with indices, such as gpu:h100:4(IDX:0-3). Empty when
    /// unknown.
    /// </summary>
    public ImmutableArray<string> GresDetail { get; init; } = [];

    public DateTimeOffset? SubmitTime { get; init; }

    /// <summary>When it could start first, as far as times, dependencies and holds say; null while unknown.</summary>
    public DateTimeOffset? EligibleTime { get; init; }

    public DateTimeOffset? StartTime { get; init; }
    public DateTimeOffset? EndTime { get; init; }

    /// <summary>Null is unlimited.</summary>
    public int? TimeLimitMinutes { get; init; }

    public int? ExitCode { get; init; }
    public int? ExitSignal { get; init; }
    public int RestartCount { get; init; }

    /// <summary>Whether Slurm may start it again after a node failed or it was preempted.</summary>
    public bool Requeue { get; init; }

    /// <summary>Scheduling priority; 0 is held.</summary>
    public long Priority { get; init; }

    /// <summary>Such as afterok:13(unfulfilled).</summary>
    public string Dependency { get; init; } = "";

    /// <summary>When it was suspended last, or went on after it; null when never.</summary>
    public DateTimeOffset? SuspendTime { get; init; }

    /// <summary>Seconds it had run before it was suspended last.</summary>
    public long SecondsBeforeSuspend { get; init; }

    public string Comment { get; init; } = "";
    public string AdminComment { get; init; } = "";

    public bool Finished => JobStates.IsFinal(State);

    /// <summary>Held, by its user or an administrator.</summary>
    public bool Held => State == JobStates.Pending && Reason is "JobHeldUser" or "JobHeldAdmin";

    /// <summary>
    /// Equality by content: the record's own compares arrays by reference, and each read makes new ones.
    /// </summary>
    public bool SameAs(SlurmJob? other) => other is not null
        && (ReferenceEquals(this, other)
            || (Flags.AsSpan().SequenceEqual(other.Flags.AsSpan())
                && GresDetail.AsSpan().SequenceEqual(other.GresDetail.AsSpan())
                && this with { Flags = other.Flags, GresDetail = other.GresDetail } == other));
}

/// <summary>The words of job_state_string (squeue(1), JOB STATE CODES).</summary>
public static class JobStates
{
    public const string Pending = "PENDING";
    public const string Running = "RUNNING";
    public const string Suspended = "SUSPENDED";

    /// <summary>Whether a job in this base state has ended for good (a requeue makes a new submission of it).</summary>
    public static bool IsFinal(string state) => state is not (Pending or Running or Suspended or "");
}
