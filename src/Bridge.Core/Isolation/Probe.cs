namespace Bridge.Core.Isolation;

/// <summary>Which pairs of nodes talk to each other during a measurement.</summary>
public enum Traffic
{
    /// <summary>All-reduce over a ring: every node, but only the links between neighbours in the ring.</summary>
    AllReduce,

    /// <summary>
    /// Send and receive, shifted by 1 … n−1: every node and every pair of nodes, each pair in a step of its own.
    /// </summary>
    Exchange,
}

/// <summary>One measurement inside a test: a traffic pattern at one message size.</summary>
/// <param name="Traffic">Who talks to whom.</param>
/// <param name="MessageBytes">Small shows latency, large shows bandwidth, links and rails.</param>
public readonly record struct Probe(Traffic Traffic, long MessageBytes)
{
    public static readonly Probe Latency = new(Traffic.AllReduce, 32 << 10);
    public static readonly Probe Bandwidth = new(Traffic.AllReduce, 1 << 30);
    public static readonly Probe AllPairs = new(Traffic.Exchange, 256 << 20);

    public override string ToString() => this switch
    {
        { Traffic: Traffic.Exchange } => "exchange of " + Size,
        _ => "all-reduce of " + Size,
    };

    private string Size => MessageBytes switch
    {
        >= 1 << 30 => $"{MessageBytes >> 30} GiB",
        >= 1 << 20 => $"{MessageBytes >> 20} MiB",
        _ => $"{MessageBytes >> 10} KiB",
    };
}
