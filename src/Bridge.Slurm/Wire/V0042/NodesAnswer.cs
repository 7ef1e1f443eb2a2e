namespace Bridge.Slurm.Wire.V0042;

/// <summary>GET nodes/ and node/{name}. Null Nodes is "not found" or a failure, never an empty cluster.</summary>
internal sealed record NodesAnswer : Envelope
{
    public Node[]? Nodes { get; init; }
}

/// <summary>The part of a node that Bridge reads; the same in v0.0.42 to v0.0.45.</summary>
internal sealed record Node
{
    public string? Name { get; init; }
    public string[]? State { get; init; }
    public string? Reason { get; init; }
    public Number ReasonChangedAt { get; init; }
    public int Cpus { get; init; }
    public int AllocCpus { get; init; }
    public long RealMemory { get; init; }
    public string? Gres { get; init; }
    public string? GresUsed { get; init; }
    public string[]? Features { get; init; }
    public string[]? ActiveFeatures { get; init; }
    public int Weight { get; init; }
    public string? Comment { get; init; }
    public string? Extra { get; init; }
    public string? Address { get; init; }
    public string[]? Partitions { get; init; }
}
