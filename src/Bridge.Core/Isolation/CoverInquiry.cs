using System.Collections.Immutable;

namespace Bridge.Core.Isolation;

/// <summary>
/// Is everybody who is left fast together? One test of all nodes and all pairs: the only one that sees a path between
/// two parts, and the proof that no fault was hidden behind another. A link that is blamed is left out by one of its
/// ends, then by the other.
/// </summary>
internal sealed record CoverInquiry(ImmutableArray<int> Subject, ImmutableArray<Ask> Asks) : Inquiry(Subject, Asks)
{
    public static CoverInquiry Of(Casework work)
    {
        ImmutableArray<int> left = [.. work.Fleet.All.Where(node => !work.Removed(node))];
        var links = work.Findings.Where(finding => finding.Culprit == Culprit.Link)
            .Select(finding => finding.Nodes).ToArray();
        ImmutableArray<int> WithoutEnd(int end) => [.. left.Where(node => !links.Any(link => link[end] == node))];
        ImmutableArray<Ask> asks = links.Length == 0 
            ? [new Ask(left)]
            : [new Ask(WithoutEnd(0)), new Ask(WithoutEnd(1))];
        return new CoverInquiry(left, [.. asks.Where(ask => ask.Nodes.Length > 1)]);
    }

    public override string Why(Casework work) => $"are the {Subject.Length} nodes that are left fast together?";

    public override void Conclude(Casework work)
    {
        foreach (var ask in Asks.Where(work.Failed)) work.Ask(SplitInquiry.Of(work.Fleet, ask.Nodes));
    }
}
