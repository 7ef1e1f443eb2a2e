using System.Collections.Immutable;

namespace Bridge.Core.Isolation;

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
