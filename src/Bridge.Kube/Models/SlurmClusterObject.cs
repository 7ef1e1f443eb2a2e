namespace Bridge.Kube.Models;

/// <summary>
/// slurmbridge.io/v1alpha1 SlurmCluster as stored. The names are those of helm/bridge/crds, held by a contract test.
/// </summary>
public sealed record SlurmClusterObject : IKubeObject
{
    public Meta Metadata { get; init => field = value ?? new(); } = new();
    public SlurmClusterObjectSpec Spec { get; init => field = value ?? new(); } = new();
    public SlurmClusterObjectStatus Status { get; init => field = value ?? new(); } = new();
}

public sealed record SlurmClusterObjectSpec
{
    public string RestUrl { get; init => field = value ?? ""; } = "";
    public string? User { get; init; }
    public KeyRef? TokenKeyRef { get; init; }
    public CaKeyRef? CaRef { get; init; }
    public bool AllowPlainHttp { get; init; }
    public string? SlurmClient { get; init; }
    public KeyRef? SlurmKeyRef { get; init; }
    public string ConfServer { get; init => field = value ?? ""; } = "";
    public int? ReadBudgetPercent { get; init; }
    public int? PollSeconds { get; init; }
    public IReadOnlyDictionary<string, string>? AccountNamespaces { get; init; }
    public string? DefaultJobNamespace { get; init; }
}

/// <summary>One key of a Secret in the same namespace.</summary>
public sealed record KeyRef
{
    public string Name { get; init => field = value ?? ""; } = "";
    public string Key { get; init => field = value ?? ""; } = "";
}

/// <summary>One key of a ConfigMap or Secret in the same namespace.</summary>
public sealed record CaKeyRef
{
    public string? Kind { get; init; }
    public string Name { get; init => field = value ?? ""; } = "";
    public string Key { get; init => field = value ?? ""; } = "";
}

public sealed record SlurmClusterObjectStatus
{
    public IReadOnlyList<ObjectCondition> Conditions { get; init => field = value ?? []; } = [];
    public string SlurmVersion { get; init => field = value ?? ""; } = "";
    public string DataParser { get; init => field = value ?? ""; } = "";
    public SlurmClusterObjectCounts Counts { get; init => field = value ?? new(); } = new();
}

public sealed record SlurmClusterObjectCounts
{
    public int Nodes { get; init; }
    public int NodesReady { get; init; }
    public int NodesDrained { get; init; }
    public int NodesDown { get; init; }
    public int Gpus { get; init; }
    public int GpusAllocated { get; init; }
    public int JobsRunning { get; init; }
    public int JobsPending { get; init; }
}
