using Bridge.Core.Tests.Isolation;

namespace Bridge.Bench;

/// <summary>What isolating one kind of fault costs on one size of fleet, over many seeds.</summary>
internal sealed class IsolationCost(FaultClass fault, int nodes, int seeds)
{
    private readonly Campaign[] campaigns = Run(fault, nodes, seeds);

    public int Missed => campaigns.Sum(campaign => campaign.Missed);

    public int False => campaigns.Sum(campaign => campaign.False);

    public int Unexplained => campaigns.Sum(campaign => campaign.Unexplained);

    public Spread Tests => Spread.Of(campaigns.Select(campaign => campaign.Tests));

    public Spread Rounds => Spread.Of(campaigns.Select(campaign => campaign.Rounds));

    public Spread NodeTests => Spread.Of(campaigns.Select(campaign => campaign.NodeTests));

    /// <summary>Seeds whose campaign went wrong, a few of them.</summary>
    public string WrongSeeds => string.Join(' ', Enumerable.Range(0, seeds)
        .Where(seed => campaigns[seed].Missed + campaigns[seed].False > 0).Take(5));

    private static Campaign[] Run(FaultClass fault, int nodes, int seeds)
    {
        var campaigns = new Campaign[seeds];
        Parallel.For(0, seeds, seed => campaigns[seed] = Campaign.Run(fault, nodes, seed));
        return campaigns;
    }
}

/// <summary>Median, 99th percentile and maximum.</summary>
internal readonly record struct Spread(int Median, int P99, int Max)
{
    public static Spread Of(IEnumerable<int> values)
    {
        var sorted = values.Order().ToArray();
        return new Spread(sorted[sorted.Length / 2], sorted[(int)(sorted.Length * 0.99)], sorted[^1]);
    }
}
