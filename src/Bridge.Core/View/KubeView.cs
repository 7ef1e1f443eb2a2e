using System.Collections.Immutable;
using Bridge.Core.Model;
using Bridge.Core.Policy;

namespace Bridge.Core.View;

/// <summary>
/// What Kubernetes says: an immutable value, replaced as a whole. Keys of Nodes and Devices are Kubernetes node names.
/// </summary>
public sealed record KubeView
{
    /// <summary>The worst of all informers: synced only when every one is.</summary>
    public SourceState Source { get; init; } = SourceState.NotYet;

    public ImmutableDictionary<string, KubeNode> Nodes { get; init; } = ImmutableDictionary<string, KubeNode>.Empty;

    /// <summary>Only nodes that have, or had, slices; see <see cref="DevicesOf"/>.</summary>
    public ImmutableDictionary<string, NodeDevices> Devices
        { get; init; } = ImmutableDictionary<string, NodeDevices>.Empty;

    public ImmutableArray<SlurmdPod> Pods { get; init; } = [];
    public ImmutableArray<SlurmdClaim> Claims { get; init; } = [];
    public ImmutableArray<SlurmCluster> Clusters { get; init; } = [];
    public ImmutableArray<NodePool> Pools { get; init; } = [];
    public ImmutableArray<PartitionPolicy> Partitions { get; init; } = [];

    public NodeDevices DevicesOf(string kubeNode) =>
        Devices.TryGetValue(kubeNode, out var devices) ? devices : NodeDevices.None(kubeNode);
}
