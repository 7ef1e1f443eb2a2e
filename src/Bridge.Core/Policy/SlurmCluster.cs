using System.Collections.Immutable;
using Bridge.Core.Names;

namespace Bridge.Core.Policy;

/// <summary>One key of a Secret in the resource's own namespace.</summary>
public sealed record SecretKeyRef
{
    public required string Name { get; init; }
    public required string Key { get; init; }
}

/// <summary>Where the authorities of slurmrestd's certificate are.</summary>
public enum CaKind
{
    ConfigMap,
    Secret,
}

/// <summary>One key, with authorities as PEM, of a ConfigMap or Secret in the resource's own namespace.</summary>
public sealed record CaRef
{
    public CaKind Kind { get; init; }
    public required string Name { get; init; }
    public required string Key { get; init; }
}

/// <summary>SlurmCluster.spec: where the Slurm is, as whom Bridge speaks to it, and what reading it may cost.</summary>
public sealed record SlurmClusterSpec
{
    /// <summary>slurmrestd: https://HOST:PORT, http://HOST:PORT or unix:/PATH.</summary>
    public required string RestUrl { get; init; }

    /// <summary>Slurm user that Bridge acts as; needs AdminLevel=Administrator.</summary>
    public string User { get; init; } = "bridge";

    /// <summary>
    /// The HS256 key (AuthAltParameters=jwt_key) that tokens are minted with. Its Secret says to which addresses they
    /// may go. Null only in resources of before it was compulsory.
    /// </summary>
    public SecretKeyRef? TokenKeyRef { get; init; }

    /// <summary>Authorities of an https address; null: those of the daemon's system.</summary>
    public CaRef? CaRef { get; init; }

    /// <summary>Whether tokens may travel readable, over http to another machine.</summary>
    public bool AllowPlainHttp { get; init; }

    /// <summary>
    /// Name of a client that the daemon was given (bridge run --slurm-client NAME=COMMAND), which must be this Slurm's;
    /// "" for the one without a name.
    /// </summary>
    public string SlurmClient { get; init; } = "";

    /// <summary>slurm.key (auth/slurm) that slurmd pods mount.</summary>
    public SecretKeyRef? SlurmKeyRef { get; init; }

    /// <summary>HOST:PORT of slurmctld for `slurmd --conf-server`.</summary>
    public required string ConfServer { get; init; }

    /// <summary>How much of one core reading Slurm may take of its daemons, in percent.</summary>
    public int ReadBudgetPercent { get; init; } = 5;

    /// <summary>Seconds between two looks at Slurm while nothing rings.</summary>
    public int PollSeconds { get; init; } = 2;

    /// <summary>
    /// Which namespace shows the jobs of which Slurm account. It is here, and not a label of the namespaces, because
    /// who sees an account's jobs is the administrators' word: whoever may label a namespace could name another's.
    /// </summary>
    public ImmutableDictionary<string, string> AccountNamespaces
        { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Namespace of jobs whose account <see cref="AccountNamespaces"/> does not name.</summary>
    public string DefaultJobNamespace { get; init; } = "default";
}

/// <summary>Counts that a SlurmCluster shows.</summary>
public sealed record SlurmClusterCounts
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

/// <summary>A SlurmCluster as stored.</summary>
public sealed record SlurmCluster
{
    public required ObjectRef Ref { get; init; }
    public required SlurmClusterSpec Spec { get; init; }
    public long Generation { get; init; }
    public string ResourceVersion { get; init; } = "";
    public bool Deleting { get; init; }

    /// <summary>Whether <see cref="WellKnown.ClusterFinalizer"/> is on it.</summary>
    public bool HasFinalizer { get; init; }

    /// <summary>Finalizers that are not Bridge's.</summary>
    public ImmutableArray<string> OtherFinalizers { get; init; } = [];

    /// <summary>Whether <see cref="WellKnown.AbandonAnnotation"/> is on it; without its deletion that means nothing.
    /// </summary>
    public bool Abandoned { get; init; }

    public ImmutableArray<Condition> Conditions { get; init; } = [];
    public string SlurmVersion { get; init; } = "";
    public string DataParser { get; init; } = "";
    public SlurmClusterCounts Counts { get; init; } = new();
}
