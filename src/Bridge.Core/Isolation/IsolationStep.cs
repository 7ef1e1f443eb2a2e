using System.Collections.Immutable;

namespace Bridge.Core.Isolation;

/// <summary>What to do next: run these tests, or, when there are none, read the report.</summary>
/// <param name="State">To be handed back with the results.</param>
/// <param name="Tests">The tests of the round, disjoint in nodes; empty at the end.</param>
/// <param name="Report">The verdicts; null while tests are to be run.</param>
public sealed record IsolationStep(IsolationState State, ImmutableArray<IsolationTest> Tests, IsolationReport? Report);
