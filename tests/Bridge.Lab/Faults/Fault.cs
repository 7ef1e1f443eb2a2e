namespace Bridge.Lab.Faults;

/// <summary>What a fault proxy does to a request instead of, or while, passing it on.</summary>
public abstract record Fault
{
    private Fault()
    {
    }

    /// <summary>Answers itself: the upstream never sees the request.</summary>
    public sealed record Answer(int Code, string Body, string ContentType = "application/json") : Fault
    {
        /// <summary>Seconds of a Retry-After header; null for none.</summary>
        public int? RetryAfterSeconds { get; init; }
    }

    /// <summary>Passes the request on after a while.</summary>
    public sealed record Delay(TimeSpan For) : Fault;

    /// <summary>Takes the request and says nothing until the client gives up.</summary>
    public sealed record Hang : Fault;

    /// <summary>Breaks the connection before the upstream sees the request.</summary>
    public sealed record Reset : Fault;

    /// <summary>
    /// Passes the request on and breaks the connection instead of answering: done, but the client cannot know.
    /// </summary>
    public sealed record LoseAnswer : Fault;

    /// <summary>
    /// Passes the request on, takes the whole answer and keeps it: for whoever wants to end the client in between.
    /// </summary>
    public sealed record KeepAnswer : Fault;

    /// <summary>Passes the answer's head and so many bytes of its body back, then breaks the connection.</summary>
    public sealed record Truncate(int Bytes) : Fault;

    /// <summary>Passes the answer back and breaks the connection after a while: for watches.</summary>
    public sealed record CutAfter(TimeSpan For) : Fault;

    /// <summary>409 as the API server says it.</summary>
    public static Fault Conflict { get; } =
        new Answer(409,
            Status(409, "Conflict", "the object has been modified; please apply your changes to the latest version"));

    /// <summary>410 as an HTTP answer: the list or watch has to begin anew.</summary>
    public static Fault Gone { get; } = new Answer(410, Status(410, "Expired", "too old resource version"));

    /// <summary>410 as the only event of a watch that is answered with 200.</summary>
    public static Fault GoneEvent { get; } =
        new Answer(200, $"{{\"type\":\"ERROR\",\"object\":{Status(410, "Expired", "too old resource version")}}}\n");

    /// <summary>429 with Retry-After, as API priority and fairness says it.</summary>
    public static Fault TooMany(int retryAfterSeconds) =>
        new Answer(429, Status(429, "TooManyRequests", "too many requests, please try again later"))
        {
            RetryAfterSeconds = retryAfterSeconds,
        };

    public static Fault ServerError(int status) =>
        new Answer(status, Status(status, "InternalError", "injected by the fault proxy"));

    private static string Status(int code, string reason, string message) =>
        $$"""{"kind":"Status","status":"Failure","message":"{{message}}","reason":"{{reason}}","code":{{code}}}""";
}
