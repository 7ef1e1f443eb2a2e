using Bridge.Core.Model;
using Bridge.Core.Policy;

namespace Bridge.Core.Planning;

/// <summary>A Kubernetes node that a pool takes, and what it should be in Slurm.</summary>
/// <param name="Node">The Kubernetes node.</param>
/// <param name="Pool">The pool that takes it; its status may be an older one.</param>
/// <param name="Desired">What its Slurm node should be; null while that cannot be known or cannot be: see <paramref
/// name="Problem"/>.</param>
/// <param name="Problem">Why it cannot be served as asked, in a sentence; empty when it can.</param>
public sealed record Member(KubeNode Node, NodePool Pool, DesiredNode? Desired, string Problem)
{
    /// <summary>Name of the claim for its GPUs; empty when it takes none.</summary>
    public string ClaimName { get; init; } = "";

    /// <summary>What its ResourceSlices say.</summary>
    public required NodeDevices Devices { get; init; }

    /// <summary>How far the node's ResourceSlices can be believed.</summary>
    public PoolState Slices => Devices.State;

    /// <summary>Hash of what its slurmd pod should be; empty without <see cref="Desired"/>.</summary>
    public string SpecHash { get; init; } = "";
}
