using System.Collections.Immutable;

namespace Bridge.Core.Isolation;

/// <summary>
/// Where an isolation stands: immutable, and enough to plan the next round from. Opaque outside the planner.
/// </summary>
public sealed record IsolationState
{
    internal IsolationState(Fleet fleet, IsolationOptions options)
    {
        Fleet = fleet;
        Options = options;
        Evidence = Evidence.None(fleet);
    }

    /// <summary>The options that it runs under.</summary>
    public IsolationOptions Options { get; }

    /// <summary>The round whose tests are out, from 1.</summary>
    public int Round { get; internal init; }

    internal Fleet Fleet { get; }

    internal Evidence Evidence { get; init; }

    internal ImmutableArray<Inquiry> Open { get; init; } = [];

    internal ImmutableArray<Issued> Issued { get; init; } = [];

    internal ImmutableArray<Finding> Findings { get; init; } = [];

    /// <summary>Covers that were asked for since the last new finding.</summary>
    internal int Covers { get; init; }
}
