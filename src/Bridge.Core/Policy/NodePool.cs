using System.Collections.Immutable;
using Bridge.Core.Names;

namespace Bridge.Core.Policy;

/// <summary>How slurmd pods own their GPUs.</summary>
public enum GpuOwnership
{
    /// <summary>
    /// Claim where the node publishes ResourceSlices, DevicePlugin where it advertises nvidia.com/gpu.
    /// </summary>
    Auto,
    Claim,
    DevicePlugin,

    /// <summary>Privileged, no request: Kubernetes believes the GPUs free. Only when asked for by name.</summary>
    Host,

    /// <summary>No GPUs: a CPU pool.</summary>
    None,
}

/// <summary>What to do about a node with fewer healthy GPUs than before.</summary>
public enum GpuLossRule
{
    /// <summary>Drain; once idle, register again with the GPUs that are left.</summary>
    Shrink,

    /// <summary>Drain and leave it drained.</summary>
    Drain,
}

/// <summary>A label requirement (metav1.LabelSelectorRequirement): In, NotIn, Exists, DoesNotExist.</summary>
public sealed record LabelRequirement
{
    public required string Key { get; init; }
    public required string Operator { get; init; }
    public ImmutableArray<string> Values { get; init; } = [];
}

/// <summary>Which Kubernetes nodes (metav1.LabelSelector). An empty selector selects nothing.</summary>
public sealed record NodeSelector
{
    public ImmutableDictionary<string, string> MatchLabels { get; init; } = ImmutableDictionary<string, string>.Empty;
    public ImmutableArray<LabelRequirement> MatchExpressions { get; init; } = [];
}

/// <summary>The slurmd pod of a pool.</summary>
public sealed record SlurmdTemplate
{
    public required string Image { get; init; }
    public string PriorityClassName { get; init; } = "";
    public int TerminationGracePeriodSeconds { get; init; } = 30;
}

/// <summary>What a pool keeps back for the node's own services.</summary>
public sealed record Reservation
{
    /// <summary>Cores.</summary>
    public int Cpus { get; init; }

    public long MemoryMiB { get; init; }
}

/// <summary>NodePool.spec: which Kubernetes nodes become Slurm nodes, and how.</summary>
public sealed record NodePoolSpec
{
    /// <summary>Name of the SlurmCluster in the same namespace.</summary>
    public required string Cluster { get; init; }

    public required NodeSelector NodeSelector { get; init; }
    public required SlurmdTemplate Slurmd { get; init; }
    public GpuOwnership GpuOwnership { get; init; }
    public Reservation Reserved { get; init; } = new();

    /// <summary>Static Slurm features of every node of the pool, without prefix.</summary>
    public ImmutableArray<string> Features { get; init; } = [];

    /// <summary>Node labels whose values become features `k8s/KEY-VALUE` (the key's last part).</summary>
    public ImmutableArray<string> FeatureLabels { get; init; } = [];

    public GpuLossRule OnGpuLoss { get; init; }

    /// <summary>
    /// Nodes that may be out at once for a new slurmd or other hardware, as a count or a percentage such as "25%".
    /// </summary>
    public string MaxUnavailable { get; init; } = "25%";

    /// <summary>Whether a drain made in Slurm by somebody else also cordons the Kubernetes node.</summary>
    public bool CordonOnSlurmDrain { get; init; }

    /// <summary>Weight terms: shared with services, may be lent to them.</summary>
    public bool Shared { get; init; }
    public bool Lendable { get; init; }
}

/// <summary>Counts that a NodePool shows.</summary>
public sealed record NodePoolCounts
{
    public int KubeNodes { get; init; }
    public int Pods { get; init; }
    public int SlurmNodes { get; init; }
    public int Gpus { get; init; }
    public int Drained { get; init; }
}

/// <summary>A NodePool as stored.</summary>
public sealed record NodePool
{
    public required ObjectRef Ref { get; init; }
    public required NodePoolSpec Spec { get; init; }
    public long Generation { get; init; }
    public string ResourceVersion { get; init; } = "";
    public bool Deleting { get; init; }

    /// <summary>Whether <see cref="WellKnown.AbandonAnnotation"/> is on it; while its SlurmCluster is there that means
    /// nothing.</summary>
    public bool Abandoned { get; init; }

    public ImmutableArray<Condition> Conditions { get; init; } = [];
    public NodePoolCounts Counts { get; init; } = new();
}
