using System.Collections.Immutable;

namespace Bridge.Core.Isolation;

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
