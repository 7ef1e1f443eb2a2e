using Bridge.Core.Names;

namespace Bridge.Control.Loop;

/// <summary>The Kubernetes Event of a step that was tried.</summary>
/// <param name="About">The object that it is shown on.</param>
/// <param name="Warning">Whether somebody should look at it.</param>
/// <param name="Reason">One CamelCase word.</param>
/// <param name="Message">One sentence.</param>
public sealed record StepEvent(ObjectRef About, bool Warning, string Reason, string Message)
{
    /// <summary>Null for what is no news to anybody.</summary>
    public static StepEvent? Of(StepOutcome outcome)
    {
        var (step, trouble) = (outcome.Step, outcome.Result.Reason);
        if (step.EventReason.Length == 0 || (step.Bookkeeping && trouble.Length > 0))
            return null;
        // That is how a stale plan ends, and the next look solves it.
        if (outcome is { Result: StepResult.ConflictResult, Failures: < StepGate.ConflictsToTell })
            return null;
        var message = trouble.Length == 0 ? step.Why : $"{step.Why}; not done: {trouble}";
        return new StepEvent(step.About, trouble.Length > 0, step.EventReason, message);
    }
}
