using System.Collections.Immutable;

namespace Bridge.Core.Isolation;

/// <summary>A verdict inside the planner: nodes are places in the fleet, proof is indices of tests.</summary>
internal sealed record Finding(
    Culprit Culprit, ImmutableArray<int> Nodes, int Domain, Confidence Confidence, ImmutableArray<int> Proof,
    string Why)
{
    /// <summary>The nodes take no further part: they are blamed, or hang on a switch that is.</summary>
    public bool Removes => Culprit is Culprit.Node or Culprit.Switch;
}
