namespace Bridge.Control;

/// <summary>What came of a write. Anything that is not one of these is a bug and an exception.</summary>
public abstract record StepResult
{
    public static readonly StepResult Done = new DoneResult();
    public static readonly StepResult Gone = new GoneResult();

    public static StepResult Conflict(string reason) => new ConflictResult(reason);

    public static StepResult Unavailable(string reason, TimeSpan? after = null) => new UnavailableResult(reason, after);

    public static StepResult Rejected(string reason) => new RejectedResult(reason);

    private StepResult()
    {
    }

    /// <summary>Why it was not done; "" when it was.</summary>
    public virtual string Reason => "";

    public sealed record DoneResult : StepResult;

    /// <summary>The object does not exist, and a living neighbour said so.</summary>
    public sealed record GoneResult : StepResult;

    /// <summary>The world is not as the step expected it; plan again.</summary>
    public sealed record ConflictResult(string Reason) : StepResult
    {
        public override string Reason { get; } = Reason;
    }

    /// <summary>
    /// The neighbour did not answer, or not sensibly: nothing is known about the outcome. After is its own wish
    /// (Retry-After).
    /// </summary>
    public sealed record UnavailableResult(string Reason, TimeSpan? After) : StepResult
    {
        public override string Reason { get; } = Reason;
    }

    /// <summary>
    /// The neighbour understood and refuses: trying the same again is of no use until something changes.
    /// </summary>
    public sealed record RejectedResult(string Reason) : StepResult
    {
        public override string Reason { get; } = Reason;
    }
}
