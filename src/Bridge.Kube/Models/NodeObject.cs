namespace Bridge.Kube.Models;

/// <summary>core/v1 Node.</summary>
public sealed record NodeObject : IKubeObject
{
    public Meta Metadata { get; init => field = value ?? new(); } = new();
    public NodeSpec Spec { get; init => field = value ?? new(); } = new();
    public NodeStatus Status { get; init => field = value ?? new(); } = new();
}

public sealed record NodeSpec
{
    public bool Unschedulable { get; init; }
    public IReadOnlyList<ObjectTaint> Taints { get; init => field = value ?? []; } = [];
}

public sealed record NodeStatus
{
    /// <summary>Quantities as text, such as cpu: 63500m, memory: 1031Gi.</summary>
    public IReadOnlyDictionary<string, string>? Allocatable { get; init; }

    public IReadOnlyList<ObjectCondition> Conditions { get; init => field = value ?? []; } = [];
}

/// <summary>A taint of a node or of a device.</summary>
public sealed record ObjectTaint
{
    public string Key { get; init => field = value ?? ""; } = "";
    public string Value { get; init => field = value ?? ""; } = "";
    public string Effect { get; init => field = value ?? ""; } = "";
}

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
