namespace Bridge.Kube.Models;

/// <summary>slurmbridge.io/v1alpha1 NodePool as stored.</summary>
public sealed record NodePoolObject : IKubeObject
{
    public Meta Metadata { get; init => field = value ?? new(); } = new();
    public NodePoolObjectSpec Spec { get; init => field = value ?? new(); } = new();
    public NodePoolObjectStatus Status { get; init => field = value ?? new(); } = new();
}

public sealed record NodePoolObjectSpec
{
    public string Cluster { get; init => field = value ?? ""; } = "";
    public LabelSelector NodeSelector { get; init => field = value ?? new(); } = new();
    public SlurmdObject Slurmd { get; init => field = value ?? new(); } = new();
    public string? GpuOwnership { get; init; }
    public ReservedObject? Reserved { get; init; }
    public IReadOnlyList<string> Features { get; init => field = value ?? []; } = [];
    public IReadOnlyList<string> FeatureLabels { get; init => field = value ?? []; } = [];
    public string? OnGpuLoss { get; init; }
    public string? MaxUnavailable { get; init; }
    public bool CordonOnSlurmDrain { get; init; }
    public bool Shared { get; init; }
    public bool Lendable { get; init; }
}

/// <summary>metav1.LabelSelector.</summary>
public sealed record LabelSelector
{
    public IReadOnlyDictionary<string, string>? MatchLabels { get; init; }
    public IReadOnlyList<LabelExpression> MatchExpressions { get; init => field = value ?? []; } = [];
}

public sealed record LabelExpression
{
    public string Key { get; init => field = value ?? ""; } = "";
    public string Operator { get; init => field = value ?? ""; } = "";
    public IReadOnlyList<string> Values { get; init => field = value ?? []; } = [];
}

public sealed record SlurmdObject
{
    public string Image { get; init => field = value ?? ""; } = "";
    public string? PriorityClassName { get; init; }
    public int? TerminationGracePeriodSeconds { get; init; }
}

public sealed record ReservedObject
{
    public int Cpus { get; init; }
    public long MemoryMiB { get; init; }
}

public sealed record NodePoolObjectStatus
{
    public IReadOnlyList<ObjectCondition> Conditions { get; init => field = value ?? []; } = [];
    public NodePoolObjectCounts Counts { get; init => field = value ?? new(); } = new();
}

public sealed record NodePoolObjectCounts
{
    public int KubeNodes { get; init; }
    public int Pods { get; init; }
    public int SlurmNodes { get; init; }
    public int Gpus { get; init; }
    public int Drained { get; init; }
}
