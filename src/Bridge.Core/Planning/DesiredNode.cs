using System.Collections.Immutable;
using Bridge.Core.Policy;
using Bridge.Core.SlurmText;

namespace Bridge.Core.Planning;

/// <summary>What a Kubernetes node should be in Slurm.</summary>
public sealed record DesiredNode
{
    public required int Cpus { get; init; }

    /// <summary>What a new record gets: <see cref="MostMemoryMiB"/> in whole steps.</summary>
    public required long MemoryMiB { get; init; }

    /// <summary>All that Kubernetes has for its pod; what is known in Slurm may differ by a step.</summary>
    public required long MostMemoryMiB { get; init; }

    /// <summary>Such as gpu:h100:8; "" for a node without GPUs.</summary>
    public required string Gres { get; init; }

    /// <summary>Claim, DevicePlugin, Host or None.</summary>
    public required GpuOwnership Ownership { get; init; }

    /// <summary>Driver of the devices, for a claim; else empty.</summary>
    public string Driver { get; init; } = "";

    /// <summary>Uuids of the healthy devices, sorted; empty when they are only counted.</summary>
    public ImmutableArray<string> Uuids { get; init; } = [];

    /// <summary>
    /// The same in the order of the devices, as Slurm numbers them: the first is IDX:0.
    /// </summary>
    public ImmutableArray<string> UuidsByIndex { get; init; } = [];

    /// <summary>GPUs that the node has but that are left out, as `DEVICE (TAINT)`.</summary>
    public ImmutableArray<string> LeftOut { get; init; } = [];

    /// <summary>Features under Bridge's prefix, sorted.</summary>
    public required ImmutableArray<string> Features { get; init; }

    public required int Weight { get; init; }

    public int Gpus => GresText.Gpus(Gres);
}
