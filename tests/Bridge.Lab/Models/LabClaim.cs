using Bridge.Kube.Models;

namespace Bridge.Lab.Models;

/// <summary>resource.k8s.io/v1 ResourceClaim, as far as a scheduler reads it.</summary>
public sealed record LabClaim : IKubeObject
{
    public Meta Metadata { get; init => field = value ?? new(); } = new();
    public LabClaimSpec Spec { get; init => field = value ?? new(); } = new();
    public LabClaimStatus Status { get; init => field = value ?? new(); } = new();

    public bool Deleting => Metadata.DeletionTimestamp is not null;
}

public sealed record LabClaimSpec
{
    public LabClaimDevices Devices { get; init => field = value ?? new(); } = new();
}

public sealed record LabClaimDevices
{
    public IReadOnlyList<LabDeviceRequest> Requests { get; init => field = value ?? []; } = [];
    public IReadOnlyList<LabDeviceConstraint> Constraints { get; init => field = value ?? []; } = [];
}

/// <summary>Only its presence matters: constraints are refused.</summary>
public sealed record LabDeviceConstraint
{
    public string MatchAttribute { get; init => field = value ?? ""; } = "";
}

public sealed record LabDeviceRequest
{
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Null for firstAvailable, which is refused.</summary>
    public LabExactRequest? Exactly { get; init; }
}

public sealed record LabExactRequest
{
    public string DeviceClassName { get; init => field = value ?? ""; } = "";

    /// <summary>All or ExactCount; empty means ExactCount.</summary>
    public string AllocationMode { get; init => field = value ?? ""; } = "";

    public long Count { get; init; }
    public bool? AdminAccess { get; init; }
    public IReadOnlyList<LabSelector> Selectors { get; init => field = value ?? []; } = [];
    public IReadOnlyList<LabToleration> Tolerations { get; init => field = value ?? []; } = [];
}

public sealed record LabSelector
{
    public LabCel? Cel { get; init; }
}

public sealed record LabCel
{
    public string Expression { get; init => field = value ?? ""; } = "";
}

public sealed record LabClaimStatus
{
    public LabAllocation? Allocation { get; init; }
    public IReadOnlyList<ClaimConsumer> ReservedFor { get; init => field = value ?? []; } = [];
}

public sealed record LabAllocation
{
    public LabAllocatedDevices Devices { get; init => field = value ?? new(); } = new();
    public LabNodeSelector? NodeSelector { get; init; }
}

public sealed record LabAllocatedDevices
{
    public IReadOnlyList<LabDeviceResult> Results { get; init => field = value ?? []; } = [];
}

/// <summary>One allocated device.</summary>
public sealed record LabDeviceResult
{
    public string Request { get; init => field = value ?? ""; } = "";
    public string Driver { get; init => field = value ?? ""; } = "";
    public string Pool { get; init => field = value ?? ""; } = "";
    public string Device { get; init => field = value ?? ""; } = "";
    public bool? AdminAccess { get; init; }

    public DeviceId Id => new(Driver, Pool, Device);
}

/// <summary>A device's identity in the API: driver/pool/device.</summary>
public readonly record struct DeviceId(string Driver, string Pool, string Device)
{
    public override string ToString() => $"{Driver}/{Pool}/{Device}";
}

/// <summary>resource.k8s.io/v1 DeviceClass.</summary>
public sealed record LabDeviceClass : IKubeObject
{
    public Meta Metadata { get; init => field = value ?? new(); } = new();
    public LabDeviceClassSpec Spec { get; init => field = value ?? new(); } = new();
}

public sealed record LabDeviceClassSpec
{
    public IReadOnlyList<LabSelector> Selectors { get; init => field = value ?? []; } = [];
}

/// <summary>Who holds a claim.</summary>
public sealed record ClaimConsumer
{
    public string Resource { get; init => field = value ?? ""; } = "";
    public string Name { get; init => field = value ?? ""; } = "";
    public string Uid { get; init => field = value ?? ""; } = "";
}
