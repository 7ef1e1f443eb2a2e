namespace Bridge.Kube.Models;

/// <summary>slurmbridge.io/v1alpha1 PartitionPolicy as stored.</summary>
public sealed record PartitionPolicyObject : IKubeObject
{
    public Meta Metadata { get; init => field = value ?? new(); } = new();
    public PartitionPolicyObjectSpec Spec { get; init => field = value ?? new(); } = new();
    public PartitionPolicyObjectStatus Status { get; init => field = value ?? new(); } = new();
}

public sealed record PartitionPolicyObjectSpec
{
    public string Cluster { get; init => field = value ?? ""; } = "";
    public string? PartitionName { get; init; }
    public IReadOnlyList<string> Pools { get; init => field = value ?? []; } = [];
    public IReadOnlyList<string> GpuModels { get; init => field = value ?? []; } = [];
    public string? State { get; init; }
    public int? MaxTimeMinutes { get; init; }
    public int? DefaultTimeMinutes { get; init; }
    public int? MaxNodes { get; init; }
    public int? PriorityTier { get; init; }
    public IReadOnlyList<string> AllowAccounts { get; init => field = value ?? []; } = [];
    public IReadOnlyList<string> DenyAccounts { get; init => field = value ?? []; } = [];
    public IReadOnlyList<string> AllowQos { get; init => field = value ?? []; } = [];
    public string? Qos { get; init; }
    public string? BillingWeights { get; init; }
    public string? PreemptMode { get; init; }
    public bool Adopt { get; init; }
}

public sealed record PartitionPolicyObjectStatus
{
    public IReadOnlyList<ObjectCondition> Conditions { get; init => field = value ?? []; } = [];
    public PartitionPolicyObjectCounts Counts { get; init => field = value ?? new(); } = new();
}

public sealed record PartitionPolicyObjectCounts
{
    public int Nodes { get; init; }
    public int Gpus { get; init; }
    public int JobsRunning { get; init; }
    public int JobsPending { get; init; }
}
