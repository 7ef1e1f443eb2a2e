using System.Collections.Immutable;

namespace Bridge.Core.Isolation;

/// <summary>
/// Which part of these nodes is slow? Four parts at once: with m parts a level costs m tests and there are log m
/// levels, so 4 costs as many tests as 2 and takes half the rounds; 3 would save 5 % of the tests and cost a quarter
/// more rounds.
/// </summary>
/// <param name="Subject"><inheritdoc/></param>
/// <param name="Asks"><inheritdoc/></param>
/// <param name="Known">True when the nodes together were slow; false for the first look at the fleet.</param>
internal sealed record SplitInquiry(ImmutableArray<int> Subject, ImmutableArray<Ask> Asks, bool Known)
    : Inquiry(Subject, Asks)
{
    private const int PartCount = 4;

    public static SplitInquiry First(FabricMap fleet) =>
        new(fleet.All, Cut(fleet, fleet.All, Math.Min(PartCount, fleet.Count / 2)), false);

    public static SplitInquiry Of(FabricMap fleet, ImmutableArray<int> slow) =>
        new(slow, Cut(fleet, slow, Math.Min(PartCount, slow.Length)), true);

    public override string Why(Casework work) => Known
        ? $"{Subject.Length} nodes are slow together; which part of them is?"
        : $"first look at {Subject.Length} nodes in parts that can be compared";

    public override void Conclude(Casework work)
    {
        var slow = Asks.Where(work.Failed).ToArray();
        if (slow.Length == Asks.Length && !work.Evidence.AnyProven) work.Ask(SeedInquiry.Of(Parted, 0));
        else if (slow.Length == Asks.Length && UncrossedDomain(work) is { } domain)
        {
            ReferenceInquiry.Open(work, domain);
            work.Ask(DomainInquiry.Of(work, domain));
        }
        else
        {
            foreach (var part in slow) Descend(work, part.Nodes);
            if (Known && Asks.All(work.Passed)) BoundaryInquiry.Open(work, Subject, Parted);
        }
    }

    private ImmutableArray<ImmutableArray<int>> Parted => [.. Asks.Select(ask => ask.Nodes)];

    /// <summary>Looks into a part that is known to be slow.</summary>
    public static void Descend(Casework work, ImmutableArray<int> part)
    {
        if (part.Length > 1) work.Ask(Of(work.Fleet, part));
        else Suspects.Settle(work, part[0]);
    }

    /// <summary>The domain that all of it hangs on, when nothing shows yet that the domain itself is fine.</summary>
    private int? UncrossedDomain(Casework work) =>
        Known && Subject.Length >= PartCount && work.Fleet.Domains.Length > 1
        && work.Fleet.OnlyDomain(Subject.AsSpan()) is { } domain && !work.Evidence.Crossed(domain) ? domain : null;

    private static ImmutableArray<Ask> Cut(FabricMap fleet, ImmutableArray<int> nodes, int parts) =>
        [.. fleet.Split(nodes, parts).Select(part => new Ask(part))];
}

/// <summary>
/// Nothing has passed so far: is there any healthy pair at all? A few pairs across the fleet tell. If none passes and
/// all show the same, the fabric or the line is at fault and nobody is blamed.
/// </summary>
/// <param name="Subject"><inheritdoc/></param>
/// <param name="Asks"><inheritdoc/></param>
/// <param name="Parts">The parts that were slow, to go on with.</param>
/// <param name="Turn">How many times other pairs were tried before.</param>
internal sealed record SeedInquiry(
    ImmutableArray<int> Subject, ImmutableArray<Ask> Asks, ImmutableArray<ImmutableArray<int>> Parts, int Turn)
    : Inquiry(Subject, Asks)
{
    private const int MostPairs = 8;
    private const int Turns = 3;

    public static SeedInquiry Of(ImmutableArray<ImmutableArray<int>> parts, int turn)
    {
        ImmutableArray<int> nodes = [.. parts.SelectMany(part => part)];
        var half = nodes.Length / 2;
        var pairs = Math.Min(MostPairs, half);
        return new SeedInquiry(nodes, [.. Enumerable.Range(0, pairs).Select(pair =>
        {
            var place = ((pair * half / pairs) + turn) % half;
            return new Ask([nodes[place], nodes[half + ((place + turn) % half)]]);
        })], parts, turn);
    }

    public override string Why(Casework work) => "every test was slow; looking for one healthy pair";

    public override void Conclude(Casework work)
    {
        if (Asks.Any(work.Passed))
        {
            foreach (var part in Parts) SplitInquiry.Descend(work, part);
        }
        else if (Asks.All(work.Failed) && (Alike(work) || Turn + 1 == Turns)) Everything(work);
        else if (Turn + 1 < Turns) work.Ask(Of(Parts, Turn + 1));
    }

    private bool Alike(Casework work)
    {
        var levels = Asks.Select(ask => work.Evidence.Tests[ask.Test!.Value].Level).ToArray();
        return levels.Min() >= levels.Max() * (1 - (2 * work.Options.Tolerance));
    }

    private void Everything(Casework work)
    {
        var alike = Alike(work);
        var why = alike
            ? $"all {work.Evidence.Tests.Length} tests are below the line and alike: "
                + "the whole fabric is slow, or the line is wrong"
            : $"all {work.Evidence.Tests.Length} tests are below the line: there is no healthy pair to compare with";
        work.Find(new Finding(Culprit.Fleet, Subject, 0, alike ? Confidence.Confirmed : Confidence.Probable,
            work.Places(work.Evidence.Tests), why));
    }
}

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
