using System.Text.Json.Serialization;
using Bridge.Slurm.Wire.V0042;

namespace Bridge.Slurm.Wire.V0045;

/// <summary>GET partitions/ and partition/{name} as of v0.0.45.</summary>
internal sealed record PartitionsAnswer : Envelope
{
    public Partition[]? Partitions { get; init; }
}

/// <summary>POST partitions/ (v0.0.45 is the first to have it): creates, or changes what is not null.</summary>
internal sealed record PartitionsUpdate
{
    public required Partition[] Partitions { get; init; }
}

/// <summary>A partition as of v0.0.45: as before, and PreemptMode.</summary>
internal sealed record Partition
{
    public string? Name { get; init; }
    public PartitionNodes? Nodes { get; init; }
    public PartitionAccounts? Accounts { get; init; }
    public PartitionQos? Qos { get; init; }
    public PartitionTres? Tres { get; init; }
    public PartitionLimits? Defaults { get; init; }
    public PartitionLimits? Maximums { get; init; }
    public PartitionPriority? Priority { get; init; }
    public string[]? PreemptMode { get; init; }

    [JsonPropertyName("partition")]
    public PartitionUpDown? UpDown { get; init; }
}
