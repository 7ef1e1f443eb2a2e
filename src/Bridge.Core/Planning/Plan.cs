using System.Collections.Immutable;

namespace Bridge.Core.Planning;

/// <summary>What to do now, in order, and when to look again even if nothing changes.</summary>
public sealed record Plan(ImmutableArray<Step> Steps, DateTimeOffset? LookAgain);
