using System.Collections.Immutable;

namespace Bridge.Core.Isolation;

/// <summary>
/// Is it the switch? Several nodes of a domain are each tested with a healthy partner outside. One that passes acquits
/// the switch. If all fail, the switch is blamed when its nodes are fast among themselves, or when all are slow alike.
/// </summary>
internal sealed record DomainInquiry(ImmutableArray<int> Subject, ImmutableArray<Ask> Asks, int Domain)
    : Inquiry(Subject, Asks)
{
    /// <summary>Strikes that blame a switch whose nodes are fast among themselves.</summary>
    private const int Few = 2;

    /// <summary>
    /// Strikes that blame a switch whose nodes are slow in every test; all nodes of a smaller domain.
    /// </summary>
    private const int Many = 8;

    public static DomainInquiry Of(Casework work, int domain)
    {
        var members = work.Fleet.Members(domain);
        ImmutableArray<int> untested = [.. members.Where(node => !work.Removed(node) && !TestedOutside(work, node))];
        ImmutableArray<int> inside = [.. untested.Where(node => work.Evidence.FastInside(node))];
        var strikers = Strikers(work, members);
        var asked = inside.Length > 0
            ? inside.Take(Few - strikers.Count(node => work.Evidence.FastInside(node)))
            : untested.Take(Many - strikers.Length);
        return new DomainInquiry(members, [.. asked.Select(node => new Ask([node]) { Outside = true })], domain);
    }

    public override string Why(Casework work) => $"is it the switch of {work.Fleet.Domains[Domain]}, or nodes on it?";

    public override void Conclude(Casework work)
    {
        var strikers = Strikers(work, Subject);
        if (work.Evidence.Crossed(Domain)) Acquit(work, strikers);
        else if (Shared(work, strikers)) Blame(work, strikers);
        else if (Asks.Any(ask => ask.GivenUp)) return;
        else if (Of(work, Domain) is { Asks.Length: > 0 } more) work.Ask(more);
        else
        {
            foreach (var node in strikers) Suspects.Settle(work, node, domainAsked: true);
        }
    }

    private void Acquit(Casework work, ImmutableArray<int> strikers)
    {
        foreach (var node in strikers) Suspects.Settle(work, node, domainAsked: true);
        ImmutableArray<int> rest =
            [.. Subject.Where(node => !work.Removed(node) && !work.Evidence.Proven(node) && !strikers.Contains(node))];
        if (rest.Length > 0) work.Ask(SplitInquiry.Of(work.Fleet, rest));
    }

    private void Blame(Casework work, ImmutableArray<int> strikers)
    {
        var proof = work.Places(strikers.SelectMany(node => work.OutsideStrikes(node)).Distinct());
        ImmutableArray<int> hanging = [.. Subject.Where(node => !work.Removed(node))];
        var how = InsideIsFast(work, strikers) ? "slow, and inside they are fast" : "slow alike";
        work.Find(new Finding(Culprit.Switch, hanging, Domain, Confidence.Confirmed, proof,
            $"{strikers.Length} of {Subject.Length} nodes of {work.Fleet.Domains[Domain]} were tested with healthy "
                + "partners "
            + $"outside: all are {how}"));
    }

    /// <summary>What is slow is what the nodes have in common, not each of them.</summary>
    private bool Shared(Casework work, ImmutableArray<int> strikers) =>
        InsideIsFast(work, strikers)
        || (strikers.Length >= Math.Min(Many, Subject.Length) && Alike(work, strikers));

    /// <summary>A switch slows all its nodes alike; nodes that are broken one by one are not.</summary>
    private static bool Alike(Casework work, ImmutableArray<int> strikers)
    {
        if (strikers.IsEmpty) return false;
        var levels = strikers.Select(node => work.OutsideStrikes(node).Min(test => test.Level)).ToArray();
        return levels.Min() >= levels.Max() * (1 - (2 * work.Options.Tolerance));
    }

    private static bool InsideIsFast(Casework work, ImmutableArray<int> strikers) =>
        strikers.Count(node => work.Evidence.FastInside(node)) >= Few;

    private static ImmutableArray<int> Strikers(Casework work, ImmutableArray<int> members) =>
        [.. members.Where(node => !work.Removed(node) && work.OutsideStrikes(node).Length > 0)];

    private static bool TestedOutside(Casework work, int node) =>
        work.Evidence.Pairs(node).Any(test => work.Fleet.OnlyDomain(test.Nodes.AsSpan()) is null);
}
