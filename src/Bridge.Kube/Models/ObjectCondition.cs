namespace Bridge.Kube.Models;

/// <summary>A condition of any kind. Status is True, False or Unknown.</summary>
public sealed record ObjectCondition
{
    public string Type { get; init => field = value ?? ""; } = "";
    public string Status { get; init => field = value ?? ""; } = "";
    public string Reason { get; init => field = value ?? ""; } = "";
    public string Message { get; init => field = value ?? ""; } = "";
    public long ObservedGeneration { get; init; }
    public DateTimeOffset? LastTransitionTime { get; init; }
}
