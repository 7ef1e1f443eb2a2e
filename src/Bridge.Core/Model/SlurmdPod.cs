using Bridge.Core.Names;

namespace Bridge.Core.Model;

/// <summary>status.phase of a pod (core/v1).</summary>
public enum PodPhase
{
    Unknown,
    Pending,
    Running,
    Succeeded,
    Failed,
}

/// <summary>A slurmd pod that Bridge made: found by its labels, known by its annotations.</summary>
public sealed record SlurmdPod
{
    public required string Namespace { get; init; }
    public required string Name { get; init; }
    public required string Uid { get; init; }

    /// <summary>From the pod's label: the Slurm node that this pod serves.</summary>
    public required NodeName SlurmNode { get; init; }

    /// <summary>From the pod's annotation: the Kubernetes node it was made for.</summary>
    public required string KubeNode { get; init; }

    public string Cluster { get; init; } = "";
    public string Pool { get; init; } = "";
    public string SpecHash { get; init; } = "";
    public string ClaimName { get; init; } = "";
    public PodPhase Phase { get; init; }
    public bool Ready { get; init; }

    /// <summary>When the pod's Ready condition last became True; null while it is not.</summary>
    public DateTimeOffset? ReadySince { get; init; }

    public bool Deleting { get; init; }

    /// <summary>Whether a scheduler has placed it.</summary>
    public bool Scheduled { get; init; }

    /// <summary>Why the scheduler has not placed it, or why its container waits; empty when neither says so.</summary>
    public string Waiting { get; init; } = "";

    public bool Finished => Phase is PodPhase.Succeeded or PodPhase.Failed;
}

/// <summary>A ResourceClaim that Bridge made for one slurmd pod.</summary>
public sealed record SlurmdClaim
{
    public required string Namespace { get; init; }
    public required string Name { get; init; }
    public required string Uid { get; init; }
    public required NodeName SlurmNode { get; init; }
    public string Cluster { get; init; } = "";
    public bool Allocated { get; init; }

    /// <summary>Whether status.reservedFor names a pod.</summary>
    public bool InUse { get; init; }

    public bool Deleting { get; init; }
}
