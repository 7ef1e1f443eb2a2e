using System.Collections.Immutable;

namespace Bridge.Core.Isolation;

/// <summary>
/// All parts pass and their union fails, so the fault is between them. First the way out of each domain that was only
/// tested inside: one node of it with one of another domain.
/// </summary>
/// <param name="Subject"><inheritdoc/></param>
/// <param name="Asks"><inheritdoc/></param>
/// <param name="Parts">The parts that passed.</param>
internal sealed record BoundaryInquiry(
    ImmutableArray<int> Subject, ImmutableArray<Ask> Asks, ImmutableArray<ImmutableArray<int>> Parts)
    : Inquiry(Subject, Asks)
{
    public static void Open(Casework work, ImmutableArray<int> nodes, ImmutableArray<ImmutableArray<int>> parts)
    {
        ImmutableArray<int> uncrossed = [.. parts
            .Select(part => work.Fleet.OnlyDomain(part.AsSpan())).OfType<int>().Distinct()
            .Where(domain => !work.Evidence.Crossed(domain))];
        if (uncrossed.Length == 0 || work.Fleet.Domains.Length == 1) MergeInquiry.Open(work, nodes, parts);
        else work.Ask(new BoundaryInquiry(nodes, Ways(work, nodes, uncrossed), parts));
    }

    public override string Why(Casework work) =>
        $"the parts of {Subject.Length} nodes are fast, together they are slow: a way out of a domain?";

    public override void Conclude(Casework work)
    {
        int[] slow = [.. Asks.Where(work.Failed).SelectMany(ask => work.Evidence.Tests[ask.Test!.Value].Nodes)
            .Select(work.Fleet.DomainOf).Distinct().Where(domain => !work.Evidence.Crossed(domain))];
        foreach (var domain in slow) work.Ask(DomainInquiry.Of(work, domain));
        if (Asks.All(work.Passed)) MergeInquiry.Open(work, Subject, Parts);
    }

    /// <summary>
    /// With domains that are known to be fine, those give the partners. Else the domains test each other in a ring, so
    /// that one bad way out fails two tests and leaves the others to pass.
    /// </summary>
    private static ImmutableArray<Ask> Ways(Casework work, ImmutableArray<int> nodes, ImmutableArray<int> domains)
    {
        int First(int domain) => nodes.First(node => work.Fleet.DomainOf(node) == domain);
        int Last(int domain) => nodes.Last(node => work.Fleet.DomainOf(node) == domain);
        if (domains.Length < 2 || Enumerable.Range(0, work.Fleet.Domains.Length).Any(work.Evidence.Crossed))
            return [.. domains.Select(domain => new Ask([First(domain)]) { Outside = true })];
        return [.. domains.Select((domain, i) =>
        {
            int[] pair = [First(domain), Last(domains[(i + 1) % domains.Length])];
            return new Ask([pair.Min(), pair.Max()]);
        })];
    }
}

/// <summary>Between which two of the parts is the fault? Their unions, two at a time.</summary>
/// <param name="Subject"><inheritdoc/></param>
/// <param name="Asks"><inheritdoc/></param>
/// <param name="Parts">Parts that pass, and fail together.</param>
/// <param name="Turn">Which pairing of the parts is tested.</param>
internal sealed record MergeInquiry(
    ImmutableArray<int> Subject, ImmutableArray<Ask> Asks, ImmutableArray<ImmutableArray<int>> Parts, int Turn)
    : Inquiry(Subject, Asks)
{
    /// <summary>All pairs of up to four parts as three pairings of disjoint pairs.</summary>
    private static readonly ImmutableArray<ImmutableArray<(int One, int Other)>> Pairings =
        [[(0, 1), (2, 3)], [(0, 2), (1, 3)], [(0, 3), (1, 2)]];

    public static void Open(Casework work, ImmutableArray<int> nodes, ImmutableArray<ImmutableArray<int>> parts)
    {
        if (parts.Length == 2) CrossInquiry.Open(work, new Cut(parts[0], parts[1]));
        else work.Ask(Of(nodes, parts, 0));
    }

    public override string Why(Casework work) => $"between which parts of {Subject.Length} nodes is the slow path?";

    public override void Conclude(Casework work)
    {
        var slow = Pairs(Parts, Turn).Zip(Asks)
            .Where(pair => work.Failed(pair.Second)).Select(pair => pair.First).ToArray();
        foreach (var (one, other) in slow) CrossInquiry.Open(work, new Cut(Parts[one], Parts[other]));
        if (slow.Length > 0 || !Asks.All(work.Passed)) return;
        if (Turn + 1 < Pairings.Length) work.Ask(Of(Subject, Parts, Turn + 1));
    }

    private static MergeInquiry Of(ImmutableArray<int> nodes, ImmutableArray<ImmutableArray<int>> parts, int turn) =>
        new(nodes, [.. Pairs(parts, turn).Select(pair => new Cut(parts[pair.One], parts[pair.Other]))
            .Select(cut => new Ask(cut.Union))], parts, turn);

    private static IEnumerable<(int One, int Other)> Pairs(ImmutableArray<ImmutableArray<int>> parts, int turn) =>
        Pairings[turn].Where(pair => pair.One < parts.Length && pair.Other < parts.Length);
}

/// <summary>Two groups of nodes, each fast, with a slow path somewhere between them.</summary>
internal readonly record struct Cut(ImmutableArray<int> Left, ImmutableArray<int> Right)
{
    public ImmutableArray<int> Union => [.. Left.Concat(Right).Order()];

    /// <summary>
    /// The paths between halves; the first two have no node in common where both sides can be halved.
    /// </summary>
    public IEnumerable<Cut> Halves()
    {
        var (l1, l2) = (Left[..(Left.Length / 2)], Left[(Left.Length / 2)..]);
        var (r1, r2) = (Right[..(Right.Length / 2)], Right[(Right.Length / 2)..]);
        return new[] { new Cut(l1, r1), new Cut(l2, r2), new Cut(l1, r2), new Cut(l2, r1) }
            .Where(cut => !cut.Left.IsEmpty && !cut.Right.IsEmpty);
    }
}

/// <summary>
/// Two groups pass and fail together: which path between them? Both are halved and the halves tested crosswise. What is
/// left when all other combinations pass is taken without a test; the strikes at the end would not follow a wrong turn.
/// </summary>
/// <param name="Subject"><inheritdoc/></param>
/// <param name="Asks"><inheritdoc/></param>
/// <param name="Tested">The cuts that the asks test.</param>
/// <param name="Rest">The cuts that are left if those pass.</param>
internal sealed record CrossInquiry(
    ImmutableArray<int> Subject, ImmutableArray<Ask> Asks, ImmutableArray<Cut> Tested, ImmutableArray<Cut> Rest)
    : Inquiry(Subject, Asks)
{
    /// <summary>Looks into a cut that is known to be slow.</summary>
    public static void Open(Casework work, Cut cut)
    {
        if (cut is { Left.Length: 1, Right.Length: 1 }) work.Ask(LinkInquiry.Of(work, cut.Left[0], cut.Right[0]));
        else
        {
            ImmutableArray<Cut> halves = [.. cut.Halves()];
            var disjoint = halves.Length == 4 ? 2 : 1;
            work.Ask(Of(cut.Union, halves[..disjoint], halves[disjoint..]));
        }
    }

    public override string Why(Casework work) => $"where between {Subject.Length} nodes is the slow path?";

    public override void Conclude(Casework work)
    {
        var slow = Tested.Zip(Asks).Where(pair => work.Failed(pair.Second)).Select(pair => pair.First).ToArray();
        foreach (var cut in slow) Open(work, cut);
        if (slow.Length > 0 || !Asks.All(work.Passed)) return;
        if (Rest.Length == 1) Open(work, Rest[0]);
        else work.Ask(Of(Subject, Rest[..1], Rest[1..]));
    }

    private static CrossInquiry Of(ImmutableArray<int> subject, ImmutableArray<Cut> tested, ImmutableArray<Cut> rest) =>
        new(subject, [.. tested.Select(cut => new Ask(cut.Union))], tested, rest);
}
