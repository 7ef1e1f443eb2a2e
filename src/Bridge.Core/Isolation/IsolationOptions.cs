using System.Collections.Immutable;

namespace Bridge.Core.Isolation;

/// <summary>What is measured, what is slow, and when to stop.</summary>
public sealed record IsolationOptions
{
    /// <summary>The absolute lines, one per probe; their probes are what a test measures.</summary>
    public required ImmutableArray<PassLine> Lines { get; init; }

    /// <summary>
    /// Repeats per probe. With 64, a fault that shows in 3 of 10 repeats escapes a test once in 300 million.
    /// </summary>
    public int Repeats { get; init; } = 64;

    /// <summary>
    /// How far below its peers a test may be: 0.08 lets 92 % pass. Half as much again between tests of different sizes.
    /// </summary>
    public double Tolerance { get; init; } = 0.08;

    /// <summary>How often a test that brought no evidence is asked for before its nodes are called unknown.</summary>
    public int Attempts { get; init; } = 3;

    /// <summary>No round is planned beyond this one; what is open then is unknown.</summary>
    public int MaxRounds { get; init; } = 48;

    /// <summary>Every mistake in the options, each naming its field and what would be right.</summary>
    public IEnumerable<string> Mistakes()
    {
        if (Lines.IsDefaultOrEmpty) yield return "lines: at least one probe with a pass line is needed";
        else if (Lines.Select(line => line.Probe).Distinct().Count() != Lines.Length)
            yield return "lines: a probe is there twice";
        else
        {
            foreach (var line in Lines.Where(line => !Rises(line)))
                yield return $"lines: {line.Probe} needs points by rising number of nodes "
                    + "with bytes per second above 0";
        }
        if (Repeats < 2) yield return $"repeats: {Repeats} is too few, two slow repeats make a symptom";
        if (Tolerance is not (> 0 and < 0.5)) yield return $"tolerance: {Tolerance} is not between 0 and 0.5";
        if (Attempts < 1) yield return $"attempts: {Attempts} is less than 1";
        if (MaxRounds < 1) yield return $"maxRounds: {MaxRounds} is less than 1";
    }

    private static bool Rises(PassLine line) =>
        !line.Points.IsDefaultOrEmpty && line.Points.All(point => point is { Nodes: > 0, BytesPerSecond: > 0 })
        && line.Points.Zip(line.Points.Skip(1)).All(pair => pair.First.Nodes < pair.Second.Nodes);
}

/// <summary>
/// The least bus bandwidth that a probe must show, by number of nodes; between two points it is interpolated.
/// </summary>
/// <param name="Probe">The probe that the line is for.</param>
/// <param name="Points">Nodes and bytes per second, by rising number of nodes; the ends hold beyond them.</param>
public sealed record PassLine(Probe Probe, ImmutableArray<(int Nodes, double BytesPerSecond)> Points)
{
    public double At(int nodes)
    {
        var above = 0;
        while (above < Points.Length && Points[above].Nodes < nodes) above++;
        if (above == 0) return Points[0].BytesPerSecond;
        if (above == Points.Length) return Points[^1].BytesPerSecond;
        var (n0, y0) = Points[above - 1];
        var (n1, y1) = Points[above];
        return y0 + ((y1 - y0) * (nodes - n0) / (n1 - n0));
    }
}

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
