using System.Collections.Immutable;

namespace Bridge.Core.Isolation;

/// <summary>
/// A measured test. Scores are speeds over the pass line of their probe and number of nodes: 1 is on the line.
/// </summary>
/// <param name="Id">Name of the test.</param>
/// <param name="Nodes">Its nodes, in fleet order.</param>
/// <param name="Typical">
/// Score of the median repeat, one per line of the options; NaN where the probe was not measured.
/// </param>
/// <param name="Slow">Score of the second slowest repeat; NaN likewise.</param>
/// <param name="FailedProbes">One bit per line of the options. A bit once set stays.</param>
internal sealed record JudgedTest(
    TestId Id, ImmutableArray<int> Nodes, ImmutableArray<double> Typical, ImmutableArray<double> Slow,
    uint FailedProbes)
{
    public bool Failed => FailedProbes != 0;

    /// <summary>The probes that it passed, one bit per line of the options.</summary>
    public uint PassedProbes => MeasuredProbes & ~FailedProbes;

    private uint MeasuredProbes { get; } = Bits(Slow);

    /// <summary>The worst score of its slow repeats.</summary>
    public double Level => Slow.Where(score => !double.IsNaN(score)).DefaultIfEmpty(0).Min();

    public bool IsPair => Nodes.Length == 2;

    public int Other(int node) => Nodes[0] == node ? Nodes[1] : Nodes[0];

    public static JudgedTest Of(TestId id, ImmutableArray<int> nodes, IsolationResult result, IsolationOptions options)
    {
        double Score(PassLine line, Func<Measurement, double> speed)
        {
            if (result.End == TestEnd.Hung) return 0;
            foreach (var measurement in result.Measurements)
                if (measurement.Probe == line.Probe) return speed(measurement) / line.At(nodes.Length);
            return double.NaN;
        }
        return new JudgedTest(id, nodes,
            [.. options.Lines.Select(line => Score(line, m => m.Typical))],
            [.. options.Lines.Select(line => Score(line, m => m.Slow))], 0);
    }

    private static uint Bits(ImmutableArray<double> scores)
    {
        uint bits = 0;
        for (int i = 0; i < scores.Length; i++)
            if (!double.IsNaN(scores[i])) bits |= 1u << i;
        return bits;
    }
}
