using System.Collections.Immutable;

namespace Bridge.Core.Model;

/// <summary>One device of a ResourceSlice pool (resource.k8s.io/v1).</summary>
public sealed record GpuDevice
{
    public required string Driver { get; init; }
    public required string Pool { get; init; }

    /// <summary>
    /// The device's name in its pool, such as gpu-0: the minor number, which may move. Identity is <see cref="Uuid"/>.
    /// </summary>
    public required string Name { get; init; }

    public string Uuid { get; init; } = "";
    public string Product { get; init; } = "";

    /// <summary>MIG profile such as 1g.10gb; empty for a full GPU.</summary>
    public string MigProfile { get; init; } = "";

    public string PciBusId { get; init; } = "";
    public string DriverVersion { get; init; } = "";
    public string ComputeCapability { get; init; } = "";

    /// <summary>Whether several claims may share the device; such a device is never batch-eligible.</summary>
    public bool Shared { get; init; }

    public ImmutableArray<Taint> Taints { get; init; } = [];

    /// <summary>A device with a NoSchedule or NoExecute taint is left out of GRES; effect None only informs.</summary>
    public bool Healthy => !Taints.Any(t => t.Effect is "NoSchedule" or "NoExecute");
}

/// <summary>How far a node's ResourceSlice pools can be believed.</summary>
public enum PoolState
{
    /// <summary>No pool was ever complete: nothing is known about the node's GPUs.</summary>
    Unknown,

    /// <summary>Every slice of the newest generation is there.</summary>
    Complete,

    /// <summary>A newer generation is being published; the devices are those of the last complete one.</summary>
    Updating,

    /// <summary>The slices contradict each other (say, one device name twice).</summary>
    Invalid,

    /// <summary>No pool for this node, and all slices have been seen: the node has no DRA devices.</summary>
    None,
}

/// <summary>The GPUs of one Kubernetes node, folded from its ResourceSlice pools.</summary>
/// <param name="KubeNode">Name of the Kubernetes node.</param>
/// <param name="State">How far the devices can be believed.</param>
/// <param name="Problem">A sentence when the state is not Complete or None; else empty.</param>
/// <param name="Devices">In order of name; those of the last complete generation.</param>
public sealed record NodeDevices(string KubeNode, PoolState State, string Problem, ImmutableArray<GpuDevice> Devices)
{
    public static NodeDevices None(string kubeNode) => new(kubeNode, PoolState.None, "", []);
}
