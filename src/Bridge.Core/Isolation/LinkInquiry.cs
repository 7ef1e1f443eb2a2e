using System.Collections.Immutable;

namespace Bridge.Core.Isolation;

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
