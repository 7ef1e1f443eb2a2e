using Bridge.ApiServer.Meta;

namespace Bridge.ApiServer.Jobs;

/// <summary>
/// A Slurm job as kubectl sees it: kind SlurmJob of jobs.slurmbridge.io/v1alpha1. The schema is SlurmJob.schema.json.
/// </summary>
public sealed record SlurmJobObject : ApiObject
{
    public required SlurmJobSpec Spec { get; init; }

    public required SlurmJobStatus Status { get; init; }
}

/// <summary>What was asked of Slurm.</summary>
public sealed record SlurmJobSpec
{
    public string? User { get; init; }

    public string? Account { get; init; }

    public string? Partition { get; init; }

    /// <summary>The job's own name (sbatch --job-name); the object's name is its id.</summary>
    public string? JobName { get; init; }

    public string? Qos { get; init; }

    /// <summary>Minutes; absent is unlimited.</summary>
    public int? TimeLimitMinutes { get; init; }

    public int Nodes { get; init; }

    public int Cpus { get; init; }

    /// <summary>Over all nodes.</summary>
    public int Gpus { get; init; }

    public string? Comment { get; init; }

    /// <summary>Tasks of an array that have not started, such as 3-9%2; they are one object until they do.</summary>
    public string? ArrayTasks { get; init; }
}

/// <summary>What became of it.</summary>
public sealed record SlurmJobStatus
{
    /// <summary>
    /// As squeue shows it: 4711, 4711_3 for an array task, 4711+1 for a component of a heterogeneous job.
    /// </summary>
    public required string JobId { get; init; }

    /// <summary>Slurm's own word: PENDING, RUNNING, COMPLETED …</summary>
    public required string State { get; init; }

    public IReadOnlyList<string>? Flags { get; init; }

    public string? Reason { get; init; }

    /// <summary>Slurm's hostlist.</summary>
    public string? NodeList { get; init; }

    /// <summary>The nodes by name, when there are 64 at most.</summary>
    public IReadOnlyList<string>? Nodes { get; init; }

    public IReadOnlyList<GpuAllocation>? Gpus { get; init; }

    public DateTimeOffset? SubmitTime { get; init; }

    public DateTimeOffset? StartTime { get; init; }

    public DateTimeOffset? EndTime { get; init; }

    public int? ExitCode { get; init; }

    public int? ExitSignal { get; init; }

    /// <summary>How often the job was requeued.</summary>
    public int? Restarts { get; init; }
}

/// <summary>The GPUs of one type that a job has on one node.</summary>
/// <param name="Node">Slurm's name of the node.</param>
/// <param name="Type">Such as h100; absent when Slurm does not know types.</param>
/// <param name="Count">How many.</param>
/// <param name="Indices">Slurm's device indices on that node; absent when not told.</param>
public sealed record GpuAllocation(string Node, string? Type, int Count, IReadOnlyList<int>? Indices);
