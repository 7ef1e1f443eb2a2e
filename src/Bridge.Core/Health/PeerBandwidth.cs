using System.Globalization;

namespace Bridge.Core.Health;

/// <summary>
/// Holds collective tests against each other. A collective is as slow as its slowest member, so the ranks of one test
/// are one sample; what is compared are tests of the same shape. Pure.
/// </summary>
public static class PeerBandwidth
{
    /// <summary>Judges every test whose message is large enough, in the order in which they came.</summary>
    public static IReadOnlyList<PeerVerdict> Judge(IReadOnlyList<PeerTest> tests, RelativeLine rule)
    {
        var medians = tests.Where(t => t.BytesPerSecond is not null)
            .GroupBy(t => t.Shape, t => t.BytesPerSecond ?? 0)
            .ToDictionary(shape => shape.Key, shape => (Count: shape.Count(), Median: Median(shape)));
        return
        [
            .. tests.Where(t => t.Shape.Bytes >= rule.MinBytes)
                .Select(t => Judge(t, medians.GetValueOrDefault(t.Shape), rule)),
        ];
    }

    private static PeerVerdict Judge(PeerTest test, (int Count, double Median) peers, RelativeLine rule)
    {
        if (test.BytesPerSecond is not { } reached)
        {
            var why = $"{test.Name} has no bandwidth, which says nothing of its nodes: {test.Problem}";
            return new PeerVerdict(test, Outcome.Unknown, peers.Count, null, null, why);
        }
        if (peers.Count < rule.MinTests)
        {
            var why = $"{test.Name}: {peers.Count} tests of {Text(test.Shape)}, a median needs {rule.MinTests}";
            return new PeerVerdict(test, Outcome.Unknown, peers.Count, null, null, why);
        }
        var line = rule.Share * peers.Median;
        var of = string.Create(
            CultureInfo.InvariantCulture, $"{reached / peers.Median:P0} of the median of {peers.Count} tests");
        return reached < line
            ? new PeerVerdict(
                test, Outcome.Fail, peers.Count, peers.Median, line,
                $"{test.Name} reaches {Giga(reached)} GB/s with {Text(test.Shape)}, {of} ({Giga(peers.Median)} GB/s); "
                + $"the line is {Giga(line)} GB/s")
            : new PeerVerdict(
                test, Outcome.Pass, peers.Count, peers.Median, line, $"{test.Name} reaches {Giga(reached)} GB/s, {of}");
    }

    private static string Text(TestShape shape) =>
        $"{shape.Ranks} ranks on {(shape.Nodes == 1 ? "1 node" : $"{shape.Nodes} nodes")} and {shape.Bytes} bytes"
        + (shape.Product is null ? "" : $" of {shape.Product}");

    private static string Giga(double bytes) => (bytes / 1e9).ToString("F1", CultureInfo.InvariantCulture);

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}

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
