namespace Bridge.Core.Planning;

/// <summary>
/// The time of one plan. Whoever makes a step or a sentence depend on an age asks here, so that the plan knows when it
/// would be another one.
/// </summary>
public sealed class PlanTime(DateTimeOffset now)
{
    public DateTimeOffset Now { get; } = now;

    /// <summary>The next moment that was asked for and is not yet there; null when there is none.</summary>
    public DateTimeOffset? Next { get; private set; }

    /// <summary>Whether something that began then is that old by now.</summary>
    public bool IsOld(DateTimeOffset since, TimeSpan age)
    {
        var at = since + age;
        if (at <= Now)
            return true;
        if (Next is null || at < Next)
            Next = at;
        return false;
    }
}
