using System.Collections.Immutable;

namespace Bridge.Core.Isolation;

/// <summary>
/// When a node is blamed: two strikes against different sound partners, and its domain is fine for another of its
/// nodes.
/// </summary>
internal static class Suspects
{
    private const int Strikes = 2;

    /// <summary>
    /// What it takes against a node that has passed a test: one strike may be a slow link, another one noise.
    /// </summary>
    private const int StrikesAgainstProven = 3;

    /// <summary>A node that passes and fails by turns is left unknown after so many pairs.</summary>
    private const int MostPairs = 6;

    /// <summary>Blames the node, or opens the inquiry that is missing for it.</summary>
    public static void Settle(Casework work, int node, bool domainAsked = false)
    {
        if (work.Removed(node)) return;
        ReferenceInquiry.Open(work, work.Fleet.DomainOf(node));
        var needed = work.Evidence.Proven(node) ? StrikesAgainstProven : Strikes;
        if (work.Strikes(node).Length < needed) Confirm(work, node);
        else if (domainAsked || work.Evidence.CrossedWithout(node) || IsAlone(work, node)) Blame(work, node);
        else work.Ask(DomainInquiry.Of(work, work.Fleet.DomainOf(node)));
    }

    private static bool IsAlone(Casework work, int node) =>
        work.Fleet.Domains.Length == 1 || work.Fleet.Members(work.Fleet.DomainOf(node)).Length == 1;

    private static void Confirm(Casework work, int node)
    {
        var pairs = work.Evidence.Pairs(node).ToArray();
        if (pairs.Length == MostPairs) return;
        var ask = new Ask([node]) { NotWith = [.. pairs.Select(test => test.Other(node))] };
        work.Ask(new ConfirmInquiry([node], [ask]));
    }

    private static void Blame(Casework work, int node)
    {
        var strikes = work.Strikes(node);
        var firm = work.OutsideStrikes(node).Length > 0 && work.Evidence.CrossedWithout(node)
            && work.Evidence.Pairs(node).All(test => test.Failed);
        var partners = string.Join(" and ", strikes.Select(test => work.Name(test.Other(node))));
        work.Find(new Finding(Culprit.Node, [node], work.Fleet.DomainOf(node),
            firm ? Confidence.Confirmed : Confidence.Probable, work.Places(strikes),
            $"{work.Name(node)} is slow with {partners}, which are fast with others"));
    }
}

/// <summary>Is the node slow with another healthy partner, too?</summary>
internal sealed record ConfirmInquiry(ImmutableArray<int> Subject, ImmutableArray<Ask> Asks) : Inquiry(Subject, Asks)
{
    private int Node => Subject[0];

    public override string Why(Casework work) => $"second strike for {work.Name(Node)}, or none";

    public override void Conclude(Casework work)
    {
        if (work.Failed(Asks[0])) Suspects.Settle(work, Node);
        else if (work.Passed(Asks[0]))
        {
            var slow = work.Evidence.Pairs(Node).Where(test => test.Failed).Select(test => test.Other(Node));
            foreach (var partner in slow.Where(work.Evidence.Proven)) work.Ask(LinkInquiry.Of(work, Node, partner));
        }
    }
}

/// <summary>
/// Two nodes are slow together and were fast with others: is it the path between them? The pair must fail three times,
/// and each end must pass once more with somebody else.
/// </summary>
internal sealed record LinkInquiry(ImmutableArray<int> Subject, ImmutableArray<Ask> Asks) : Inquiry(Subject, Asks)
{
    private const int Strikes = 3;

    public static LinkInquiry Of(Casework work, int one, int other)
    {
        ImmutableArray<int> pair = one < other ? [one, other] : [other, one];
        var again = Math.Max(1, Strikes - Slow(work, pair).Count());
        return new LinkInquiry(pair,
        [
            .. Enumerable.Repeat(new Ask(pair), again),
            new Ask([pair[0]]) { NotWith = [pair[1]] },
            new Ask([pair[1]]) { NotWith = [pair[0]] },
        ]);
    }

    public override string Why(Casework work) =>
        $"is the path between {work.Name(Subject[0])} and {work.Name(Subject[1])} slow?";

    public override void Conclude(Casework work)
    {
        if (!Asks[..^2].All(work.Failed)) return;
        if (Asks[^2..].All(work.Passed)) Blame(work);
        else
        {
            foreach (var end in Asks[^2..].Where(work.Failed)) Suspects.Settle(work, end.Nodes[0]);
        }
    }

    private void Blame(Casework work) =>
        work.Find(new Finding(Culprit.Link, Subject, 0, Confidence.Confirmed, work.Places(Slow(work, Subject)),
            $"{work.Name(Subject[0])} and {work.Name(Subject[1])} are slow together, and each is fast with others"));

    private static IEnumerable<JudgedTest> Slow(Casework work, ImmutableArray<int> pair) =>
        work.Evidence.Pairs(pair[0]).Where(test => test.Failed && test.Other(pair[0]) == pair[1]);
}
