using System.Collections.Immutable;
using Bridge.Core.Names;

namespace Bridge.Core.Policy;

/// <summary>slurm.conf(5), PartitionName State.</summary>
public enum PartitionState
{
    Up,
    Down,
    Drain,
    Inactive,
}

/// <summary>
/// PartitionPolicy.spec: which pools and which GPUs form a Slurm partition, and its limits. Null is Slurm's default.
/// </summary>
public sealed record PartitionPolicySpec
{
    /// <summary>Name of the SlurmCluster in the same namespace.</summary>
    public required string Cluster { get; init; }

    /// <summary>Partition name in Slurm; the resource's own name when empty. Immutable.</summary>
    public string PartitionName { get; init; } = "";

    /// <summary>NodePools whose nodes belong to it.</summary>
    public ImmutableArray<string> Pools { get; init; } = [];

    /// <summary>Only nodes with one of these GPU models (Slurm GRES types such as h100); empty for any node.</summary>
    public ImmutableArray<string> GpuModels { get; init; } = [];

    public PartitionState State { get; init; }
    public int? MaxTimeMinutes { get; init; }
    public int? DefaultTimeMinutes { get; init; }
    public int? MaxNodes { get; init; }
    public int PriorityTier { get; init; } = 1;
    public ImmutableArray<string> AllowAccounts { get; init; } = [];
    public ImmutableArray<string> DenyAccounts { get; init; } = [];
    public ImmutableArray<string> AllowQos { get; init; } = [];
    public string Qos { get; init; } = "";

    /// <summary>TRESBillingWeights.</summary>
    public string BillingWeights { get; init; } = "";

    /// <summary>OFF, CANCEL, REQUEUE, SUSPEND or GANG; empty for the cluster's own.</summary>
    public string PreemptMode { get; init; } = "";

    /// <summary>Take over a partition of this name that Bridge did not make.</summary>
    public bool Adopt { get; init; }
}

/// <summary>Counts that a PartitionPolicy shows.</summary>
public sealed record PartitionCounts
{
    public int Nodes { get; init; }
    public int Gpus { get; init; }
    public int JobsRunning { get; init; }
    public int JobsPending { get; init; }
}

/// <summary>A PartitionPolicy as stored.</summary>
public sealed record PartitionPolicy
{
    public required ObjectRef Ref { get; init; }
    public required PartitionPolicySpec Spec { get; init; }
    public long Generation { get; init; }
    public string ResourceVersion { get; init; } = "";
    public bool Deleting { get; init; }

    /// <summary>Whether <see cref="WellKnown.PartitionFinalizer"/> is on it.</summary>
    public bool HasFinalizer { get; init; }

    /// <summary>Finalizers that are not Bridge's.</summary>
    public ImmutableArray<string> OtherFinalizers { get; init; } = [];

    public ImmutableArray<Condition> Conditions { get; init; } = [];
    public PartitionCounts Counts { get; init; } = new();

    public PartitionName Partition => new(Spec.PartitionName.Length > 0 ? Spec.PartitionName : Ref.Name);
}
