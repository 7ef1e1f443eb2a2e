namespace Bridge.Slurm.Wire.V0042;

/// <summary>GET job/{id}: one record, or the tasks of an array, or the components of a het job.</summary>
internal sealed record JobsAnswer : Envelope
{
    public Job[]? Jobs { get; init; }
}

/// <summary>The part of a job that Bridge reads; the same in v0.0.42 to v0.0.45.</summary>
internal sealed record Job
{
    public uint JobId { get; init; }
    public string[]? JobState { get; init; }
    public string? StateReason { get; init; }
    public string? Name { get; init; }
    public string? UserName { get; init; }
    public long UserId { get; init; }
    public string? Account { get; init; }
    public string? Partition { get; init; }
    public string? Qos { get; init; }
    public Number ArrayJobId { get; init; }
    public Number ArrayTaskId { get; init; }
    public string? ArrayTaskString { get; init; }
    public Number HetJobId { get; init; }
    public Number HetJobOffset { get; init; }
    public Number NodeCount { get; init; }
    public Number Cpus { get; init; }
    public string? Nodes { get; init; }
    public string? TresReqStr { get; init; }
    public string? TresAllocStr { get; init; }
    public string? TresPerJob { get; init; }
    public string? TresPerNode { get; init; }
    public string[]? GresDetail { get; init; }
    public Number SubmitTime { get; init; }
    public Number EligibleTime { get; init; }
    public Number StartTime { get; init; }
    public Number EndTime { get; init; }
    public Number TimeLimit { get; init; }
    public ExitCode? ExitCode { get; init; }
    public int RestartCnt { get; init; }
    public bool Requeue { get; init; }
    public Number Priority { get; init; }
    public string? Dependency { get; init; }
    public Number SuspendTime { get; init; }
    public Number PreSusTime { get; init; }
    public string? Comment { get; init; }
    public string? AdminComment { get; init; }
}

internal sealed record ExitCode
{
    public Number ReturnCode { get; init; }
    public Signal? Signal { get; init; }
}

internal sealed record Signal
{
    public Number Id { get; init; }
}
