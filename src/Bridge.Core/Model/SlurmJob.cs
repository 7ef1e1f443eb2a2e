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

    /// <summary>Leader of the het job and this component's offset; null when not one.</summary>
    public JobId? HetJobId { get; init; }
    public int? HetOffset { get; init; }

    public int NodeCount { get; init; }
    public int Cpus { get; init; }

    /// <summary>Allocated nodes as a hostlist; "" while none are.</summary>
    public string Nodes { get; init; } = "";

    /// <summary>GPUs asked for or allocated, over all nodes.</summary>
    public int Gpus { get; init; }

    /// <summary>
    /// Per allocated node, in the order of the hostlist: Gres with indices, such as gpu:h100:4(IDX:0-3). Empty when
    /// unknown.
    /// </summary>
    public ImmutableArray<string> GresDetail { get; init; } = [];

    public DateTimeOffset? SubmitTime { get; init; }
    public DateTimeOffset? StartTime { get; init; }
    public DateTimeOffset? EndTime { get; init; }

    /// <summary>Null is unlimited.</summary>
    public int? TimeLimitMinutes { get; init; }

    public int? ExitCode { get; init; }
    public int? ExitSignal { get; init; }
    public int RestartCount { get; init; }
    public string Comment { get; init; } = "";

    public bool Finished => JobStates.IsFinal(State);
}

/// <summary>The words of job_state_string (squeue(1), JOB STATE CODES).</summary>
public static class JobStates
{
    public const string Pending = "PENDING";
    public const string Running = "RUNNING";

    /// <summary>Whether a job in this base state has ended for good (a requeue makes a new submission of it).</summary>
    public static bool IsFinal(string state) => state is not (Pending or Running or "SUSPENDED" or "");
}
