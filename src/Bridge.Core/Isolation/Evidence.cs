using System.Collections.Immutable;

namespace Bridge.Core.Isolation;

/// <summary>
/// Everything measured so far, and what follows from it alone. Tests that brought no result are not in it. A test
/// speaks only for the probes that it measured: to be proven is to have passed every probe that is slow anywhere.
/// </summary>
internal sealed class Evidence
{
    private readonly Fleet fleet;
    private readonly uint[] passed;
    private readonly uint[] crossed;

    private Evidence(Fleet fleet, ImmutableArray<JudgedTest> tests)
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

    public static Evidence None(Fleet fleet) => new(fleet, []);

    public ImmutableArray<JudgedTest> Tests { get; }

    /// <summary>The probes that were slow in any test, one bit per line of the options.</summary>
    public uint SlowProbes { get; }

    public bool AnyProven { get; }

    /// <summary>
    /// Adds results and judges everything again: a faster peer can show that an earlier pass was none.
    /// </summary>
    public Evidence Add(IEnumerable<JudgedTest> measured, IsolationOptions options) =>
        new(fleet, Judge.All(Tests.AddRange(measured), options));

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
