namespace Bridge.Kube.Models;

/// <summary>resource.k8s.io/v1 ResourceClaim.</summary>
public sealed record ResourceClaim : IKubeObject
{
    public Meta Metadata { get; init => field = value ?? new(); } = new();
    public ClaimStatus Status { get; init => field = value ?? new(); } = new();
}

public sealed record ClaimStatus
{
    /// <summary>Null until the scheduler has picked devices.</summary>
    public ClaimAllocation? Allocation { get; init; }

    public IReadOnlyList<ClaimConsumer> ReservedFor { get; init => field = value ?? []; } = [];
}

public sealed record ClaimAllocation
{
    public ClaimDevices Devices { get; init => field = value ?? new(); } = new();
}

public sealed record ClaimDevices
{
    public IReadOnlyList<ClaimDevice> Results { get; init => field = value ?? []; } = [];
}

/// <summary>One allocated device: driver/pool/device is its identity.</summary>
public sealed record ClaimDevice
{
    public string Driver { get; init => field = value ?? ""; } = "";
    public string Pool { get; init => field = value ?? ""; } = "";
    public string Device { get; init => field = value ?? ""; } = "";
}

public sealed record ClaimConsumer
{
    public string Resource { get; init => field = value ?? ""; } = "";
    public string Name { get; init => field = value ?? ""; } = "";
    public string Uid { get; init => field = value ?? ""; } = "";
}
