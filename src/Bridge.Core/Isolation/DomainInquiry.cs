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

/// <summary>
/// Is the measure itself healthy? Before nodes of one domain are blamed for being slow with others, two of the others
/// must be seen to be fast with each other. The evidence is all that is wanted; nothing is concluded from it here.
/// </summary>
internal sealed record ReferenceInquiry(ImmutableArray<int> Subject, ImmutableArray<Ask> Asks) : Inquiry(Subject, Asks)
{
    /// <summary>
    /// Asks for such a test, unless some other domain is known to be fine or there are not two to choose from.
    /// </summary>
    public static void Open(Casework work, int home)
    {
        var others = Enumerable.Range(0, work.Fleet.Domains.Length).Where(domain => domain != home).ToArray();
        if (others.Any(work.Evidence.Crossed)) return;
        var proven = others.Select(domain => ProvenIn(work, domain)).Where(nodes => nodes.Length > 0).Take(2).ToArray();
        if (proven.Length < 2) return;
        foreach (var pair in proven[0].SelectMany(_ => proven[1], (one, other) => ImmutableArray.Create(one, other)))
        {
            if (work.Evidence.Pairs(pair[0]).Any(test => test.Other(pair[0]) == pair[1])) continue;
            work.Ask(new ReferenceInquiry(pair, [new Ask(pair)]));
            return;
        }
    }

    public override string Why(Casework work) => "are two other domains fast with each other?";

    public override void Conclude(Casework work)
    {
    }

    /// <summary>The proven nodes of a domain, those first that were in fewest slow pairs.</summary>
    private static int[] ProvenIn(Casework work, int domain) =>
        [.. work.Fleet.Members(domain).Where(node => work.Evidence.Proven(node) && !work.Removed(node))
            .OrderBy(node => work.Evidence.Pairs(node).Count(test => test.Failed))];
}
