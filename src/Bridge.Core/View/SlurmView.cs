using System.Collections.Immutable;
using Bridge.Core.Model;
using Bridge.Core.Names;

namespace Bridge.Core.View;

/// <summary>What the Slurm controller can do beyond reading, as its slurmrestd serves it.</summary>
[Flags]
public enum SlurmCapabilities
{
    None = 0,
    WritePartitions = 1 << 0,
    CreateNodes = 1 << 1,
    WriteReservations = 1 << 2,
    Requeue = 1 << 3,
    Resources = 1 << 4,
}

/// <summary>What Slurm says: an immutable value, replaced as a whole.</summary>
public sealed record SlurmView
{
    public SourceState Nodes { get; init; } = SourceState.NotYet;
    public SourceState Partitions { get; init; } = SourceState.NotYet;
    public SourceState Jobs { get; init; } = SourceState.NotYet;

    /// <summary>slurmctld's own name of the cluster (slurm.conf ClusterName); "" until known.</summary>
    public string ClusterName { get; init; } = "";

    /// <summary>Why Slurm's own client is not used, though there is one; "" when it is, or there is none.</summary>
    public string TextClientProblem { get; init; } = "";

    /// <summary>Such as 26.05.5; empty until the first answer.</summary>
    public string Version { get; init; } = "";

    /// <summary>Such as v0.0.45; empty until negotiated.</summary>
    public string DataParser { get; init; } = "";

    public SlurmCapabilities Capabilities { get; init; }

    public ImmutableDictionary<NodeName, SlurmNode> NodesByName { get; init; } =
        ImmutableDictionary<NodeName, SlurmNode>.Empty;

    public ImmutableDictionary<PartitionName, SlurmPartition> PartitionsByName { get; init; } =
        ImmutableDictionary<PartitionName, SlurmPartition>.Empty;

    public ImmutableDictionary<JobId, SlurmJob> JobsById { get; init; } = ImmutableDictionary<JobId, SlurmJob>.Empty;

    /// <summary>How <see cref="JobsById"/> came to be what it is.</summary>
    public JobChanges JobChanges { get; init; } = JobChanges.Uncounted;
}
