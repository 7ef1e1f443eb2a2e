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

/// <summary>
/// A test that an inquiry wants. A single node is tested with a healthy partner, of another domain if there is one.
/// </summary>
/// <param name="Nodes">The nodes, in fleet order.</param>
internal sealed record Ask(ImmutableArray<int> Nodes)
{
    /// <summary>Nodes that must not be the partner.</summary>
    public ImmutableArray<int> NotWith { get; init; } = [];

    /// <summary>The partner must be of another domain: a partner next door would prove nothing.</summary>
    public bool Outside { get; init; }

    /// <summary>Tests that were run for it and brought no evidence.</summary>
    public int Attempts { get; init; }

    /// <summary>The test that answered, by its place in the evidence.</summary>
    public int? Test { get; init; }

    /// <summary>No evidence can be had.</summary>
    public bool GivenUp { get; init; }

    public bool IsOpen => Test is null && !GivenUp;

    public bool NeedsPartner => Nodes.Length == 1;
}
