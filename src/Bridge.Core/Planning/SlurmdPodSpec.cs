using System.Collections.Immutable;
using Bridge.Core.Names;
using Bridge.Core.Policy;

namespace Bridge.Core.Planning;

/// <summary>
/// A ResourceClaim to make: all devices of one node's GPU driver whose uuid is listed, tolerating Bridge's own taint.
/// </summary>
public sealed record ClaimSpec
{
    public required string Namespace { get; init; }

    /// <summary>slurmd-NODE-HASH: one per node and set of devices.</summary>
    public required string Name { get; init; }

    public required string Cluster { get; init; }
    public required NodeName SlurmNode { get; init; }
    public required string KubeNode { get; init; }
    public required string DeviceClass { get; init; }

    /// <summary>Driver whose attribute `uuid` is compared, such as gpu.nvidia.com.</summary>
    public required string Driver { get; init; }

    public required ImmutableArray<string> Uuids { get; init; }
}

/// <summary>A slurmd pod to make. Placed through the scheduler by node affinity, never by spec.nodeName.</summary>
public sealed record SlurmdPodSpec
{
    public required string Namespace { get; init; }

    /// <summary>slurmd-NODE.</summary>
    public required string Name { get; init; }

    public required string Cluster { get; init; }
    public required string Pool { get; init; }
    public required NodeName SlurmNode { get; init; }
    public required string KubeNode { get; init; }
    public required string KubeNodeUid { get; init; }
    public required SlurmdTemplate Template { get; init; }
    public required SecretKeyRef SlurmKey { get; init; }

    /// <summary>Arguments of slurmd, each one argument: -D -Z --conf-server HOST:PORT -N NODE --conf "…".</summary>
    public required ImmutableArray<string> Arguments { get; init; }

    /// <summary>
    /// Cores that Slurm is told of. The pod requests them, so that Kubernetes gives them to nobody else; what other
    /// pods of the node need is the pool's spec.reserved.
    /// </summary>
    public required int Cpus { get; init; }

    /// <summary>Memory that Slurm is told of, and that the pod requests.</summary>
    public required long MemoryMiB { get; init; }

    /// <summary>Claim, DevicePlugin, Host or None: never Auto.</summary>
    public required GpuOwnership Ownership { get; init; }

    /// <summary>Name of the claim for Claim; else empty.</summary>
    public string ClaimName { get; init; } = "";

    /// <summary>nvidia.com/gpu to ask for with DevicePlugin; else zero.</summary>
    public int Gpus { get; init; }

    /// <summary>Changes whenever anything above that matters to the running slurmd changes.</summary>
    public required string SpecHash { get; init; }
}
