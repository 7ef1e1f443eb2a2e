using System.Collections.Immutable;

namespace Bridge.Core.Isolation;

/// <summary>Is the node slow with another healthy partner, too?</summary>
internal sealed record ConfirmInquiry(ImmutableArray<int> Subject, ImmutableArray<Ask> Asks) : Inquiry(Subject, Asks)
{
    private int Node => Subject[0];

    public override string Why(Casework work) => $"second strike for {work.Name(Node)}, or none";

    public override void Conclude(Casework work)
    {
        if (work.Failed(Asks[0])) Suspects.Settle(work, Node);
        else if (work.Passed(Asks[0]))
        {
            var slow = work.Evidence.Pairs(Node).Where(test => test.Failed).Select(test => test.Other(Node));
            foreach (var partner in slow.Where(work.Evidence.Proven)) work.Ask(LinkInquiry.Of(work, Node, partner));
        }
    }
}
