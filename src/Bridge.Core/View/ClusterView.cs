using System.Collections.Immutable;
using Bridge.Core.Policy;

namespace Bridge.Core.View;

/// <summary>Everything that a plan for one SlurmCluster is made from.</summary>
public sealed record ClusterView(SlurmCluster Cluster, KubeView Kube, SlurmView Slurm)
{
    /// <summary>What earlier plans asked for in vain.</summary>
    public ImmutableArray<Refusal> Refusals { get; init; } = [];

    /// <summary>
    /// Nothing is planned before every source has been read whole once: what is unknown is never treated as absent.
    /// </summary>
    public bool Synced => Kube.Source.Synced && Slurm.Nodes.Synced && Slurm.Partitions.Synced;

    /// <summary>Whether nodes can be planned: all is known, and what is known of nodes is so now.</summary>
    public bool Current => Synced && Kube.Source.Current && Slurm.Nodes.Current;
}
