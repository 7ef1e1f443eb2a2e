namespace Bridge.Kube.Models;

/// <summary>metav1.Status: the API server's answer when it refuses or fails.</summary>
public sealed record Status
{
    public string Kind { get; init => field = value ?? ""; } = "";
    public int Code { get; init; }
    public string Reason { get; init => field = value ?? ""; } = "";
    public string Message { get; init => field = value ?? ""; } = "";
    public StatusDetails? Details { get; init; }
}

public sealed record StatusDetails
{
    public string Name { get; init => field = value ?? ""; } = "";
    public string Kind { get; init => field = value ?? ""; } = "";
    public int RetryAfterSeconds { get; init; }
    public IReadOnlyList<StatusCause> Causes { get; init => field = value ?? []; } = [];
}

/// <summary>One of several causes; Field is a path such as spec.restUrl.</summary>
public sealed record StatusCause
{
    public string Reason { get; init => field = value ?? ""; } = "";
    public string Message { get; init => field = value ?? ""; } = "";
    public string Field { get; init => field = value ?? ""; } = "";
}
