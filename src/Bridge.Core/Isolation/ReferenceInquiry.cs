using System.Collections.Immutable;

namespace Bridge.Core.Isolation;

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
