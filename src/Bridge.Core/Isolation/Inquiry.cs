using System.Collections.Immutable;

namespace Bridge.Core.Isolation;

/// <summary>
/// One open question: the tests that it wants, and what follows once each is answered or given up. Inquiries know
/// nothing of rounds; the planner packs the asks of all of them into rounds of disjoint tests.
/// </summary>
/// <param name="Subject">What it is about; two inquiries of one kind about the same subject are the same.</param>
/// <param name="Asks">The tests that it wants.</param>
internal abstract record Inquiry(ImmutableArray<int> Subject, ImmutableArray<Ask> Asks)
{
    /// <summary>One sentence that a test run for this inquiry carries.</summary>
    public abstract string Why(Casework work);

    /// <summary>Draws the conclusion: opens further inquiries, states findings.</summary>
    public abstract void Conclude(Casework work);

    public bool IsAnswered => Asks.All(ask => !ask.IsOpen);
}
