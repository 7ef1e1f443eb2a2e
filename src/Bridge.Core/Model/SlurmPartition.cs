using System.Collections.Immutable;
using Bridge.Core.Names;

namespace Bridge.Core.Model;

/// <summary>One partition as slurmctld tells it. Null limits are "not set" (infinite).</summary>
public sealed record SlurmPartition
{
    public required PartitionName Name { get; init; }

    /// <summary>Configured node list as a hostlist; "" for none.</summary>
    public string Nodes { get; init; } = "";

    /// <summary>UP, DOWN, DRAIN or INACTIVE.</summary>
    public string State { get; init; } = "UP";

    public int? MaxTimeMinutes { get; init; }
    public int? DefaultTimeMinutes { get; init; }
    public int? MaxNodes { get; init; }
    public int PriorityTier { get; init; } = 1;
    public ImmutableArray<string> AllowAccounts { get; init; } = [];
    public ImmutableArray<string> DenyAccounts { get; init; } = [];
    public ImmutableArray<string> AllowQos { get; init; } = [];
    public string Qos { get; init; } = "";

    /// <summary>TRESBillingWeights, such as CPU=1.0,GRES/gpu=10; "" for none.</summary>
    public string BillingWeights { get; init; } = "";

    /// <summary>PreemptMode words, upper case; empty when the cluster's own holds.</summary>
    public ImmutableArray<string> PreemptMode { get; init; } = [];
}
