namespace Bridge.Kube.Models;

/// <summary>core/v1 Pod.</summary>
public sealed record Pod : IKubeObject
{
    public Meta Metadata { get; init => field = value ?? new(); } = new();
    public PodSpec Spec { get; init => field = value ?? new(); } = new();
    public PodStatus Status { get; init => field = value ?? new(); } = new();
}

public sealed record PodSpec
{
    public string NodeName { get; init => field = value ?? ""; } = "";
    public IReadOnlyList<PodClaim> ResourceClaims { get; init => field = value ?? []; } = [];
}

public sealed record PodClaim
{
    public string Name { get; init => field = value ?? ""; } = "";
    public string ResourceClaimName { get; init => field = value ?? ""; } = "";
}

public sealed record PodStatus
{
    public string Phase { get; init => field = value ?? ""; } = "";
    public string Reason { get; init => field = value ?? ""; } = "";
    public string Message { get; init => field = value ?? ""; } = "";
    public IReadOnlyList<ObjectCondition> Conditions { get; init => field = value ?? []; } = [];
    public IReadOnlyList<ContainerStatus> ContainerStatuses { get; init => field = value ?? []; } = [];
}

public sealed record ContainerStatus
{
    public string Name { get; init => field = value ?? ""; } = "";
    public bool Ready { get; init; }
    public int RestartCount { get; init; }
    public ContainerState? State { get; init; }
}

public sealed record ContainerState
{
    public ContainerReason? Waiting { get; init; }
    public ContainerReason? Terminated { get; init; }
}

public sealed record ContainerReason
{
    public string Reason { get; init => field = value ?? ""; } = "";
    public string Message { get; init => field = value ?? ""; } = "";
}
