using System.Collections.Immutable;

namespace Bridge.Core.Isolation;

/// <summary>A test that was planned, and the ask that it answers.</summary>
internal sealed record Issued(TestId Id, ImmutableArray<int> Nodes, int Inquiry, int Ask);

/// <summary>Packs the open asks of all inquiries into one round of tests that share no node.</summary>
internal sealed class RoundBuilder(Casework work, int round)
{
    private readonly bool[] busy = new bool[work.Fleet.Count];
    private readonly List<Issued> issued = [];

    public ImmutableArray<Issued> Build()
    {
        for (int i = 0; i < work.Open.Count; i++)
            for (int a = 0; a < work.Open[i].Asks.Length; a++)
                if (work.Open[i].Asks[a] is { IsOpen: true } ask && Nodes(ask) is { } nodes) Issue(nodes, i, a);
        return [.. issued];
    }

    private void Issue(ImmutableArray<int> nodes, int inquiry, int ask)
    {
        foreach (var node in nodes) busy[node] = true;
        issued.Add(new Issued(new TestId(round, issued.Count + 1), nodes, inquiry, ask));
    }

    /// <summary>
    /// The nodes that the test would run on, or null when it must wait for a round in which they are free.
    /// </summary>
    private ImmutableArray<int>? Nodes(Ask ask)
    {
        if (ask.Nodes.Any(node => busy[node])) return null;
        if (!ask.NeedsPartner) return ask.Nodes;
        return Partner(ask) is { } partner ? [Math.Min(ask.Nodes[0], partner), Math.Max(ask.Nodes[0], partner)] : null;
    }

    /// <summary>
    /// A free, proven node: of a domain that is known to talk to others if there is one, else of another domain, else
    /// (where the ask allows it and no healthy node is anywhere else) of the same domain. The search starts half a
    /// fleet away.
    /// </summary>
    private int? Partner(Ask ask)
    {
        var home = work.Fleet.DomainOf(ask.Nodes[0]);
        int? free = null;
        bool elsewhere = false, sound = false;
        foreach (var node in FromAfar(ask.Nodes[0]))
        {
            if (!work.Evidence.Proven(node) || work.Removed(node) || ask.NotWith.Contains(node)) continue;
            var outside = work.Fleet.DomainOf(node) != home;
            elsewhere |= outside;
            sound |= outside && work.Sound(node);
            if (busy[node]) continue;
            if (outside && work.Sound(node)) return node;
            if (outside && (free is null || work.Fleet.DomainOf(free.Value) == home)) free = node;
            if (!outside && !ask.Outside) free ??= node;
        }
        return free is { } found && !sound && (work.Fleet.DomainOf(found) != home || !elsewhere) ? found : null;
    }

    private IEnumerable<int> FromAfar(int node)
    {
        for (int step = 0; step < work.Fleet.Count; step++)
        {
            var other = (node + (work.Fleet.Count / 2) + step) % work.Fleet.Count;
            if (other != node) yield return other;
        }
    }
}
