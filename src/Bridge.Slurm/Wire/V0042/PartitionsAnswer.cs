namespace Bridge.Slurm.Wire.V0042;

/// <summary>
/// GET partitions/ and partition/{name}. A name that does not exist is 200 with null Partitions and a warning.
/// </summary>
internal sealed record PartitionsAnswer : Envelope
{
    public Partition[]? Partitions { get; init; }
}

/// <summary>The part of a partition that Bridge reads, v0.0.42 to v0.0.44: PreemptMode is not told.</summary>
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

    [System.Text.Json.Serialization.JsonPropertyName("partition")]
    public PartitionUpDown? UpDown { get; init; }
}

internal sealed record PartitionNodes
{
    /// <summary>Hostlist.</summary>
    public string? Configured { get; init; }
}

internal sealed record PartitionAccounts
{
    /// <summary>Comma-separated; "" for all.</summary>
    public string? Allowed { get; init; }

    public string? Deny { get; init; }
}

internal sealed record PartitionQos
{
    public string? Allowed { get; init; }
    public string? Assigned { get; init; }
}

internal sealed record PartitionTres
{
    public string? BillingWeights { get; init; }
}

internal sealed record PartitionLimits
{
    /// <summary>Minutes.</summary>
    public Number? Time { get; init; }

    public Number? Nodes { get; init; }
}

internal sealed record PartitionPriority
{
    public int? Tier { get; init; }
}

internal sealed record PartitionUpDown
{
    public string[]? State { get; init; }
}
