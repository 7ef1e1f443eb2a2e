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
            foreach (var slow in work.Evidence.Pairs(Node).Where(test => test.Failed && work.Evidence.Proven(test.Other(Node))))
                work.Ask(LinkInquiry.Of(work, Node, slow.Other(Node)));
        }
    }
}
