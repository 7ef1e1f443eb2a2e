using System.Collections.Immutable;

namespace Bridge.Core.Isolation;

/// <summary>
/// Everything measured so far, and what follows from it alone. Tests that brought no result are not in it. A test
/// speaks only for the probes that it measured: to be proven is to have passed every probe that is slow anywhere.
/// </summary>
internal sealed class TestHistory
{
    private readonly FabricMap fleet;
    private readonly uint[] passed;
    private readonly uint[] crossed;

    private TestHistory(FabricMap fleet, ImmutableArray<JudgedTest> tests)
    {
        this.fleet = fleet;
        Tests = tests;
        passed = new uint[fleet.Count];
        crossed = new uint[fleet.Domains.Length];
        foreach (var test in tests)
        {
            SlowProbes |= test.FailedProbes;
            var crosses = Crosses(test) ? test.PassedProbes : 0;
            foreach (var node in test.Nodes)
            {
                passed[node] |= test.PassedProbes;
                crossed[fleet.DomainOf(node)] |= crosses;
            }
        }
        AnyProven = passed.Any(Suffices);
    }

    public static TestHistory None(FabricMap fleet) => new(fleet, []);

    public ImmutableArray<JudgedTest> Tests { get; }

    /// <summary>The probes that were slow in any test, one bit per line of the options.</summary>
    public uint SlowProbes { get; }

    public bool AnyProven { get; }

    /// <summary>
    /// Adds results and judges everything again: a faster peer can show that an earlier pass was none.
    /// </summary>
    public TestHistory Add(IEnumerable<JudgedTest> measured, IsolationOptions options) =>
        new(fleet, SlowTests.Mark(Tests.AddRange(measured), options));

    /// <summary>The node was in tests that passed.</summary>
    public bool Proven(int node) => Suffices(passed[node]);

    /// <summary>Traffic in and out of the domain was seen to be fast.</summary>
    public bool Crossed(int domain) => Suffices(crossed[domain]);

    /// <summary>Traffic in and out of the node's domain was seen to be fast from another of its nodes.</summary>
    public bool CrossedWithout(int node)
    {
        var domain = fleet.DomainOf(node);
        return Suffices(Passed(test => Crosses(test)
            && test.Nodes.Any(other => other != node && fleet.DomainOf(other) == domain)));
    }

    /// <summary>The node was seen to be fast within its domain.</summary>
    public bool FastInside(int node) => Suffices(Passed(test => test.Nodes.Contains(node) && !Crosses(test)));

    /// <summary>The pair tests of a node.</summary>
    public IEnumerable<JudgedTest> Pairs(int node) => Tests.Where(test => test.IsPair && test.Nodes.Contains(node));

    /// <summary>A passing test of exactly these nodes, or null.</summary>
    public int? Pass(ImmutableArray<int> nodes)
    {
        for (int i = 0; i < Tests.Length; i++)
            if (Suffices(Tests[i].PassedProbes) && Tests[i].Nodes.AsSpan().SequenceEqual(nodes.AsSpan())) return i;
        return null;
    }

    private bool Crosses(JudgedTest test) => fleet.OnlyDomain(test.Nodes.AsSpan()) is null;

    private uint Passed(Func<JudgedTest, bool> of) =>
        Tests.Where(of).Aggregate(0u, (bits, test) => bits | test.PassedProbes);

    private bool Suffices(uint probes) => probes != 0 && (SlowProbes & ~probes) == 0;
}

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
