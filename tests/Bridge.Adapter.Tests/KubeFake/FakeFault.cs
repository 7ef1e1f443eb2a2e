namespace Bridge.Adapter.Tests.KubeFake;

/// <summary>What happens to a request instead of, or before, its answer.</summary>
internal sealed record FakeFault
{
    /// <summary>Which requests: method and path with query.</summary>
    public required Func<string, string, bool> When { get; init; }

    /// <summary>How many of them.</summary>
    public int Times { get; init; } = 1;

    /// <summary>HTTP status to answer with; 0 answers as usual.</summary>
    public int Code { get; init; }

    /// <summary>Status.reason; empty answers with <see cref="Body"/> as plain text, as a proxy would.</summary>
    public string Reason { get; init; } = "";

    public string Body { get; init; } = "";

    /// <summary>Content-Encoding that the answer claims to have; the body goes out as it is.</summary>
    public string Encoding { get; init; } = "";

    public int RetryAfterSeconds { get; init; }

    /// <summary>
    /// Reset the stream. With <see cref="AfterWork"/>, only after the request took effect: the answer is lost.
    /// </summary>
    public bool Cut { get; init; }

    public bool AfterWork { get; init; }

    /// <summary>Answer only once this is done.</summary>
    public Task Until { get; init; } = Task.CompletedTask;

    public static FakeFault On(string method, string pathPart) =>
        new() { When = (m, p) => m == method && p.Contains(pathPart, StringComparison.Ordinal) };
}
