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

    public static SplitInquiry First(Fleet fleet) =>
        new(fleet.All, Cut(fleet, fleet.All, Math.Min(PartCount, fleet.Count / 2)), false);

    public static SplitInquiry Of(Fleet fleet, ImmutableArray<int> slow) =>
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

    private static ImmutableArray<Ask> Cut(Fleet fleet, ImmutableArray<int> nodes, int parts) =>
        [.. fleet.Split(nodes, parts).Select(part => new Ask(part))];
}
