using System.Collections.Immutable;

namespace Bridge.Core.Isolation;

/// <summary>Everything measured so far, and what follows from it alone. Tests that brought no result are not in it.</summary>
internal sealed class Evidence
{
    private readonly Fleet fleet;
    private readonly bool[] proven;
    private readonly bool[] crossed;

    private Evidence(Fleet fleet, ImmutableArray<JudgedTest> tests)
    {
        this.fleet = fleet;
        Tests = tests;
        proven = new bool[fleet.Count];
        crossed = new bool[fleet.Domains.Length];
        foreach (var test in tests.Where(test => !test.Failed))
        {
            var crosses = fleet.OnlyDomain(test.Nodes.AsSpan()) is null;
            foreach (var node in test.Nodes)
            {
                proven[node] = true;
                if (crosses) crossed[fleet.DomainOf(node)] = true;
            }
        }
        AnyProven = proven.Contains(true);
    }

    public static Evidence None(Fleet fleet) => new(fleet, []);

    public ImmutableArray<JudgedTest> Tests { get; }

    public bool AnyProven { get; }

    /// <summary>Adds results and judges everything again: a faster peer can show that an earlier pass was none.</summary>
    public Evidence Add(IEnumerable<JudgedTest> measured, IsolationOptions options) =>
        new(fleet, Judge.All(Tests.AddRange(measured), options));

    /// <summary>The node was in a test that passed.</summary>
    public bool Proven(int node) => proven[node];

    /// <summary>Traffic in and out of the domain was seen to be fast.</summary>
    public bool Crossed(int domain) => crossed[domain];

    /// <summary>Traffic in and out of the node's domain was seen to be fast from another of its nodes.</summary>
    public bool CrossedWithout(int node)
    {
        var domain = fleet.DomainOf(node);
        return Tests.Any(test => !test.Failed && fleet.OnlyDomain(test.Nodes.AsSpan()) is null
            && test.Nodes.Any(other => other != node && fleet.DomainOf(other) == domain));
    }

    /// <summary>The pair tests of a node.</summary>
    public IEnumerable<JudgedTest> Pairs(int node) => Tests.Where(test => test.IsPair && test.Nodes.Contains(node));

    /// <summary>A passing test of exactly these nodes, or null.</summary>
    public int? Pass(ImmutableArray<int> nodes)
    {
        for (int i = 0; i < Tests.Length; i++)
            if (!Tests[i].Failed && Tests[i].Nodes.AsSpan().SequenceEqual(nodes.AsSpan())) return i;
        return null;
    }
}
