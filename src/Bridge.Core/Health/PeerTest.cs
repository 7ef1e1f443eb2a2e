namespace Bridge.Core.Health;

/// <summary>What tests must share to be peers: as many ranks on as many nodes, of one product, with one size.</summary>
public sealed record TestShape(string? Product, int Ranks, int Nodes, long Bytes);

/// <summary>One collective test with one message size, as its slowest rank saw it.</summary>
/// <param name="Name">Its nodes, or what else names it to a person.</param>
/// <param name="Shape">Whom it may be compared with.</param>
/// <param name="BytesPerSecond">Bus bandwidth; null where the test came to no end: that is no evidence.</param>
/// <param name="Problem">Why there is no bandwidth.</param>
public sealed record PeerTest(string Name, TestShape Shape, double? BytesPerSecond, string? Problem = null);

/// <summary>The judgement of one test beside its peers.</summary>
/// <param name="Test">What was judged.</param>
/// <param name="Outcome">Pass, Fail, or Unknown where nothing can be said.</param>
/// <param name="Peers">Tests of the shape that have a bandwidth, this one counted.</param>
/// <param name="Median">Of those; null where there are too few.</param>
/// <param name="Line">What had to be reached.</param>
/// <param name="Why">One sentence for a person.</param>
public sealed record PeerVerdict(
    PeerTest Test, Outcome Outcome, int Peers, double? Median, double? Line, string Why);
