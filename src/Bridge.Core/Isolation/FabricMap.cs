using System.Collections.Immutable;
using Bridge.Core.Names;

namespace Bridge.Core.Isolation;

/// <summary>The candidates in topology order; inside the planner a node is its place in this order.</summary>
internal sealed class FabricMap
{
    public ImmutableArray<NodeName> Names { get; }
    public ImmutableArray<string> Domains { get; }
    private readonly int[] domainOf;
    private readonly ImmutableArray<int>[] members;

    public FabricMap(IEnumerable<Candidate> candidates)
    {
        var ordered = candidates
            .OrderBy(candidate => candidate.Domain, StringComparer.Ordinal)
            .ThenBy(candidate => candidate.Name).ToArray();
        var twice = ordered.GroupBy(candidate => candidate.Name).FirstOrDefault(group => group.Count() > 1);
        if (twice is not null) throw new ArgumentException($"candidate {twice.Key} is there twice", nameof(candidates));
        Names = [.. ordered.Select(candidate => candidate.Name)];
        Domains = [.. ordered.Select(candidate => candidate.Domain).Distinct()];
        domainOf = new int[ordered.Length];
        for (int node = 1; node < ordered.Length; node++)
            domainOf[node] = domainOf[node - 1] + (ordered[node].Domain == ordered[node - 1].Domain ? 0 : 1);
        members = [.. Enumerable.Range(0, ordered.Length).GroupBy(node => domainOf[node])
            .Select(group => group.ToImmutableArray())];
    }

    public int Count => Names.Length;

    public ImmutableArray<int> All => [.. Enumerable.Range(0, Count)];

    public int DomainOf(int node) => domainOf[node];

    public ImmutableArray<int> Members(int domain) => members[domain];

    /// <summary>The one domain that holds all these nodes, or null.</summary>
    public int? OnlyDomain(ReadOnlySpan<int> nodes)
    {
        for (int i = 1; i < nodes.Length; i++)
            if (domainOf[nodes[i]] != domainOf[nodes[0]]) return null;
        return nodes.IsEmpty ? null : domainOf[nodes[0]];
    }

    /// <summary>
    /// Cuts nodes, in topology order, into about equal parts. A cut moves to the nearest border between domains when
    /// one is within half a part, so that a part is made of whole domains, or of one domain, wherever possible.
    /// </summary>
    public ImmutableArray<ImmutableArray<int>> Split(ImmutableArray<int> nodes, int parts)
    {
        var cuts = new SortedSet<int> { 0, nodes.Length };
        for (int part = 1; part < parts; part++)
            cuts.Add(Cut(nodes, part * nodes.Length / parts, nodes.Length / parts / 2));
        return [.. cuts.Zip(cuts.Skip(1), (from, to) => nodes[from..to])];
    }

    private int Cut(ImmutableArray<int> nodes, int ideal, int reach)
    {
        for (int distance = 0; distance <= reach; distance++)
        {
            if (IsBorder(nodes, ideal - distance)) return ideal - distance;
            if (IsBorder(nodes, ideal + distance)) return ideal + distance;
        }
        return ideal;
    }

    private bool IsBorder(ImmutableArray<int> nodes, int cut) =>
        cut > 0 && cut < nodes.Length && domainOf[nodes[cut - 1]] != domainOf[nodes[cut]];
}

/// <summary>A node that may be tested.</summary>
/// <param name="Name">Its Slurm name.</param>
/// <param name="Domain">
/// The leaf switch, block or NVLink domain that it hangs on, as a path from the top, such as "spine-1/leaf-07". Paths
/// that sort together are taken to be close together; an unknown topology is one empty domain for all.
/// </param>
public readonly record struct Candidate(NodeName Name, string Domain);
