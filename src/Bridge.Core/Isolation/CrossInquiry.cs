using System.Collections.Immutable;

namespace Bridge.Core.Isolation;

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
