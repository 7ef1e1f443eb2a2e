using System.Collections.Immutable;

namespace Bridge.Core.Isolation;

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
