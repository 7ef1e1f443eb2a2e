using System.Collections.Immutable;
using Bridge.Core.Isolation;

namespace Bridge.Core.Tests.Isolation;

/// <summary>One fault: who has it, how slow it is, when it shows.</summary>
/// <param name="Culprit">What a correct verdict blames.</param>
/// <param name="Nodes">The node, both ends of the link, or all nodes of the domain.</param>
/// <param name="Domain">The domain of a leaf or rail; else empty.</param>
/// <param name="Factor">Speed that is left, 0.3 … 0.8.</param>
/// <param name="Shows">Probability that a repeat shows it.</param>
/// <param name="SmallOnly">It slows small messages instead of large ones.</param>
/// <param name="OnlyLeaving">It slows only what leaves the domain.</param>
public sealed record SimulatedFault(
    Culprit Culprit, ImmutableArray<int> Nodes, string Domain, double Factor, double Shows = 1, bool SmallOnly = false,
    bool OnlyLeaving = false)
{
    /// <summary>Whether a measurement over these nodes, in rank order, meets the fault.</summary>
    public bool Meets(ReadOnlySpan<int> nodes, Probe probe)
    {
        if (SmallOnly != probe.MessageBytes < 1 << 20) return false;
        int inside = 0;
        foreach (var node in nodes) inside += Nodes.Contains(node) ? 1 : 0;
        return Culprit switch
        {
            Culprit.Link => inside == 2 && (probe.Traffic == Traffic.Exchange || AreNeighbours(nodes)),
            _ when OnlyLeaving => inside > 0 && inside < nodes.Length,
            _ => inside > 0,
        };
    }

    private bool AreNeighbours(ReadOnlySpan<int> ring)
    {
        var distance = Math.Abs(ring.IndexOf(Nodes[0]) - ring.IndexOf(Nodes[1]));
        return distance == 1 || distance == ring.Length - 1;
    }
}
