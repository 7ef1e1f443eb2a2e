namespace Bridge.Core.Health;

/// <summary>The line that a test must reach beside its same-shape peers, whatever the absolute lines say.</summary>
/// <param name="Share">Of the peers' median.</param>
/// <param name="MinTests">With fewer tests of a shape there is no median to speak of.</param>
/// <param name="MinBytes">For messages of at least this size; smaller ones measure latency.</param>
/// <param name="Provenance">Who uses this line.</param>
public sealed record RelativeLine(
    double Share, int MinTests, long MinBytes, IReadOnlyList<Provenance> Provenance);
