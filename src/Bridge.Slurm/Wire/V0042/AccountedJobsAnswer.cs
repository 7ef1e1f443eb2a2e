using System.Text.Json.Serialization;

namespace Bridge.Slurm.Wire.V0042;

/// <summary>
/// GET slurmdb jobs/: one record for each start of a job, so a requeued one has several of the same id.
/// </summary>
internal sealed record AccountedJobsAnswer : Envelope
{
    public AccountedJob[]? Jobs { get; init; }
}

/// <summary>The part of an accounting record that Bridge reads; the same in v0.0.42 to v0.0.45.</summary>
internal sealed record AccountedJob
{
    public uint JobId { get; init; }
    public AccountedState? State { get; init; }
    public string? Name { get; init; }
    public string? User { get; init; }
    public string? Account { get; init; }
    public string? Partition { get; init; }
    public string? Qos { get; init; }
    public AccountedArray? Array { get; init; }
    public AccountedHet? Het { get; init; }
    public string? Nodes { get; init; }
    public int AllocationNodes { get; init; }
    public AccountedTres? Tres { get; init; }
    public AccountedTime? Time { get; init; }
    public ExitCode? ExitCode { get; init; }
    public int RestartCnt { get; init; }
    public AccountedComment? Comment { get; init; }
}

internal sealed record AccountedState
{
    public string[]? Current { get; init; }
    public string? Reason { get; init; }
}

internal sealed record AccountedArray
{
    public Number JobId { get; init; }
    public Number TaskId { get; init; }
}

internal sealed record AccountedHet
{
    public Number JobId { get; init; }
    public Number JobOffset { get; init; }
}

internal sealed record AccountedTime
{
    public Number Submission { get; init; }
    public Number Start { get; init; }
    public Number End { get; init; }
    public Number Limit { get; init; }
}

internal sealed record AccountedComment
{
    [JsonPropertyName("job")]
    public string? OfJob { get; init; }
}

internal sealed record AccountedTres
{
    public Tres[]? Allocated { get; init; }
    public Tres[]? Requested { get; init; }
}

internal sealed record Tres
{
    public string? Type { get; init; }
    public string? Name { get; init; }
    public Number Count { get; init; }
}
