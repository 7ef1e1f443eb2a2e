using Bridge.Control.Loop;
using Microsoft.Extensions.Logging;

namespace Bridge.Control;

internal static partial class Log
{
    [LoggerMessage(100, LogLevel.Information, "{Kind}: {Why}")]
    public static partial void StepDone(this ILogger log, string kind, string why);

    [LoggerMessage(101, LogLevel.Debug, "Wrote {Key}: {Why}")]
    public static partial void StatusWritten(this ILogger log, string key, string why);

    [LoggerMessage(102, LogLevel.Information, "Not done, to be planned again: {Why} ({Reason})")]
    public static partial void StepConflicted(this ILogger log, string why, string reason);

    [LoggerMessage(103, LogLevel.Warning, "Not done, outcome unknown, to be tried again: {Why} ({Reason})")]
    public static partial void StepUnavailable(this ILogger log, string why, string reason);

    [LoggerMessage(104, LogLevel.Warning, "Refused: {Why} ({Reason})")]
    public static partial void StepRejected(this ILogger log, string why, string reason);

    [LoggerMessage(105, LogLevel.Error, "The loop of {Cluster} failed and is started again")]
    public static partial void LoopFailed(this ILogger log, Exception exception, string cluster);

    [LoggerMessage(106, LogLevel.Error, "Reading Slurm failed inside Bridge and is tried again")]
    public static partial void ReadFailed(this ILogger log, Exception exception);

    [LoggerMessage(107, LogLevel.Error, "A subscriber failed")]
    public static partial void SubscriberFailed(this ILogger log, Exception exception);

    [LoggerMessage(108, LogLevel.Error, "Planning for {Cluster} failed and is tried again")]
    public static partial void PlanFailed(this ILogger log, Exception exception, string cluster);

    [LoggerMessage(109, LogLevel.Error, "Step {Key} failed inside Bridge and is tried again: {Why}")]
    public static partial void StepFailed(this ILogger log, Exception exception, string key, string why);

    /// <summary>The line of a step that was tried.</summary>
    public static void Tell(this ILogger log, StepOutcome outcome)
    {
        var step = outcome.Step;
        switch (outcome.Result)
        {
            case StepResult.DoneResult when step.Bookkeeping:
                log.StatusWritten(step.Key, step.Why);
                break;
            case StepResult.DoneResult or StepResult.GoneResult:
                log.StepDone(step.GetType().Name, step.Why);
                break;
            case StepResult.ConflictResult conflict:
                log.StepConflicted(step.Why, conflict.Reason);
                break;
            case StepResult.UnavailableResult unavailable:
                log.StepUnavailable(step.Why, unavailable.Reason);
                break;
            case StepResult.RejectedResult rejected:
                log.StepRejected(step.Why, rejected.Reason);
                break;
        }
    }
}
