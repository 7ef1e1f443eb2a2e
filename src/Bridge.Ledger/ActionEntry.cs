using Bridge.Control;
using Bridge.Core.Planning;

namespace Bridge.Ledger;

/// <summary>One executed step, as the journal keeps it.</summary>
public sealed record ActionEntry
{
    internal const string Done = "Done";

    /// <summary>When it was tried first.</summary>
    public required DateTimeOffset At { get; init; }
    public required string Cluster { get; init; }

    /// <summary>The step's key, such as node/n1.</summary>
    public required string Key { get; init; }

    /// <summary>The step's type, such as DrainNodes.</summary>
    public required string Kind { get; init; }

    /// <summary>The object it was about, such as Node/n1.</summary>
    public string About { get; init; } = "";

    public required string Why { get; init; }

    /// <summary>Done, Gone, Conflict, Unavailable or Rejected.</summary>
    public required string Result { get; init; }

    /// <summary>The neighbour's words when the result is not Done; else empty.</summary>
    public string Detail { get; init; } = "";

    /// <summary>Of the leadership under which it was done; greater for each later one.</summary>
    public required long FencingToken { get; init; }

    /// <summary>How often it failed in these words before it was done, or was given up; the ledger counts.</summary>
    public int Tries { get; init; } = 1;

    /// <summary>When it was tried last; null where it was tried once.</summary>
    public DateTimeOffset? LastAt { get; init; }

    public static ActionEntry Of(Step step, StepResult result, string cluster, DateTimeOffset at, long fencingToken) =>
        new()
        {
            At = at,
            Cluster = cluster,
            Key = step.Key,
            Kind = step.GetType().Name,
            About = step.About.ToString(),
            Why = step.Why,
            Result = Word(result),
            Detail = Reason(result),
            FencingToken = fencingToken,
        };

    private static string Word(StepResult result) => result switch
    {
        StepResult.DoneResult => Done,
        StepResult.GoneResult => "Gone",
        StepResult.ConflictResult => "Conflict",
        StepResult.UnavailableResult => "Unavailable",
        StepResult.RejectedResult => "Rejected",
        _ => throw new ArgumentOutOfRangeException(nameof(result), result, "not one of the five results"),
    };

    private static string Reason(StepResult result) => result switch
    {
        StepResult.ConflictResult r => r.Reason,
        StepResult.UnavailableResult r => r.Reason,
        StepResult.RejectedResult r => r.Reason,
        _ => "",
    };
}
