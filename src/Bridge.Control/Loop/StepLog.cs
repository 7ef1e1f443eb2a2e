using Microsoft.Extensions.Logging;

namespace Bridge.Control.Loop;

/// <summary>The log line of a step that was tried.</summary>
internal static class StepLog
{
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
