namespace Bridge.ApiServer.Meta;

/// <summary>metav1.Status: how every refusal looks on the wire.</summary>
public sealed record Failure
{
    public string Kind { get; init; } = "Status";

    public string ApiVersion { get; init; } = "v1";

    public ServedListMeta Metadata { get; init; } = new();

    /// <summary>"Failure" or "Success". It shadows no type on the wire, hence the short name in JSON.</summary>
    [System.Text.Json.Serialization.JsonPropertyName("status")]
    public string Outcome { get; init; } = "Failure";

    public required string Message { get; init; }

    /// <summary>One word for machines: NotFound, Expired, BadRequest and so on.</summary>
    public required string Reason { get; init; }

    public FailureDetails? Details { get; init; }

    /// <summary>The HTTP status code.</summary>
    public required int Code { get; init; }
}

/// <summary>metav1.StatusDetails: which object, and for a bad request which fields.</summary>
public sealed record FailureDetails
{
    public string? Name { get; init; }

    public string? Group { get; init; }

    /// <summary>The plural name of the resource, as the real API server writes it.</summary>
    public string? Kind { get; init; }

    public IReadOnlyList<FailureCause>? Causes { get; init; }

    public int? RetryAfterSeconds { get; init; }
}

/// <summary>metav1.StatusCause.</summary>
public sealed record FailureCause(string Reason, string Message, string Field);
