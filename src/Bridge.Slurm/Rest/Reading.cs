namespace Bridge.Slurm.Rest;

/// <summary>What a read told: never confuses "not known" with "not there".</summary>
internal abstract record Reading<T>
{
    public sealed record Known(T Value, AnswerCost Took) : Reading<T>;

    /// <summary>HTTP 304: nothing changed since the update_time that was asked about.</summary>
    public sealed record Unchanged(AnswerCost Took) : Reading<T>;

    /// <summary>A living controller says that there is no such object.</summary>
    public sealed record Absent(string Reason, AnswerCost Took) : Reading<T>;

    /// <summary>
    /// Nothing is known. Endpoint is true when slurmrestd lives but does not serve the path: another version, probably.
    /// Unexplained is true for HTTP 200 with error 0: so it answers for a node that is not there, and when it fails
    /// without knowing why. Failed is true for HTTP 500: slurmctld answered, and slurmrestd stumbled.
    /// </summary>
    public sealed record Unknown(string Reason, bool Endpoint = false, bool Unexplained = false, bool Failed = false)
        : Reading<T>;

    private Reading()
    {
    }

    /// <summary>What the answer took; nothing when there was none.</summary>
    public AnswerCost Cost => this switch
    {
        Known known => known.Took,
        Unchanged unchanged => unchanged.Took,
        Absent absent => absent.Took,
        _ => default,
    };

    /// <summary>Why nothing is known; "" when something is.</summary>
    public string Problem => this is Unknown unknown ? unknown.Reason : "";

    /// <summary>The same verdict with its value seen through a function.</summary>
    public Reading<TOther> Map<TOther>(Func<T, TOther> see) => this switch
    {
        Known known => new Reading<TOther>.Known(see(known.Value), known.Took),
        Unchanged unchanged => new Reading<TOther>.Unchanged(unchanged.Took),
        Absent absent => new Reading<TOther>.Absent(absent.Reason, absent.Took),
        Unknown unknown => new Reading<TOther>.Unknown(
            unknown.Reason, unknown.Endpoint, unknown.Unexplained, unknown.Failed),
        _ => throw new InvalidOperationException(GetType().Name),
    };
}
