using System.Collections.Immutable;

namespace Bridge.Core.Isolation;

/// <summary>
/// Is the measure itself healthy? Before nodes of one domain are blamed for being slow with others, two of the others must be seen to
/// be fast with each other. The evidence is all that is wanted; nothing is concluded from it here.
/// </summary>
internal sealed record ReferenceInquiry(ImmutableArray<int> Subject, ImmutableArray<Ask> Asks) : Inquiry(Subject, Asks)
{
    /// <summary>Asks for such a test, unless some other domain is known to be fine or there are not two to choose from.</summary>
    public static void Open(Casework work, int home)
    {
        var others = Enumerable.Range(0, work.Fleet.Domains.Length).Where(domain => domain != home).ToArray();
        if (others.Any(work.Evidence.Crossed)) return;
        var proven = others.Select(domain => work.Fleet.Members(domain).Where(node => IsFit(work, node)).Take(1).ToArray())
            .Where(fit => fit.Length > 0).Take(2).ToArray();
        if (proven.Length < 2) return;
        ImmutableArray<int> pair = [proven[0][0], proven[1][0]];
        work.Ask(new ReferenceInquiry(pair, [new Ask(pair)]));
    }

    public override string Why(Casework work) => "are two other domains fast with each other?";

    public override void Conclude(Casework work)
    {
    }

    /// <summary>A node that failed as a reference once is not tried again.</summary>
    private static bool IsFit(Casework work, int node) =>
        work.Evidence.Proven(node) && !work.Removed(node) && !work.Evidence.Pairs(node).Any(test => test.Failed);
}
