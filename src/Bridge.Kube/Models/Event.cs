namespace Bridge.Kube.Models;

/// <summary>core/v1 Event.</summary>
public sealed record Event : IKubeObject
{
    public Meta Metadata { get; init => field = value ?? new(); } = new();
    public EventObject InvolvedObject { get; init => field = value ?? new(); } = new();
    public string Reason { get; init => field = value ?? ""; } = "";
    public string Message { get; init => field = value ?? ""; } = "";

    /// <summary>Normal or Warning.</summary>
    public string Type { get; init => field = value ?? ""; } = "";

    public int Count { get; init; }
    public DateTimeOffset? FirstTimestamp { get; init; }
    public DateTimeOffset? LastTimestamp { get; init; }
}

public sealed record EventObject
{
    public string Kind { get; init => field = value ?? ""; } = "";
    public string Namespace { get; init => field = value ?? ""; } = "";
    public string Name { get; init => field = value ?? ""; } = "";
    public string Uid { get; init => field = value ?? ""; } = "";
}
