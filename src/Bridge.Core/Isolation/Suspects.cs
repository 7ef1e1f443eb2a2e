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
