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
