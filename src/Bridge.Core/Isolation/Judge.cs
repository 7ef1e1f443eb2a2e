using System.Collections.Immutable;

namespace Bridge.Core.Isolation;

/// <summary>
/// Says which tests are slow. A test fails a probe when its second slowest repeat is below the absolute line, below what the
/// tests of about its size show, or, with more tolerance, below what all tests show. Faults only ever slow down, so the healthy level is that of the fast peers: the median of those within the
/// tolerance of the fastest. A plain median would follow the faults once half of the peers have one.
/// </summary>
internal static class Judge
{
    private const int FewestPeers = 3;

    /// <summary>Widens the tolerance between tests of different sizes: the curve of the lines fits a site only roughly.</summary>
    private const double OtherSizes = 1.5;

    /// <summary>1.4826 × MAD estimates the deviation of normal noise; three of them are the margin where noise is large.</summary>
    private const double MadMargin = 3 * 1.4826;

    /// <summary>Judges all tests against each other; what failed before stays failed.</summary>
    public static ImmutableArray<JudgedTest> All(ImmutableArray<JudgedTest> tests, IsolationOptions options)
    {
        var failed = new uint[tests.Length];
        for (int probe = 0; probe < options.Lines.Length; probe++)
        {
            for (int i = 0; i < tests.Length; i++)
            {
                var slow = tests[i].Slow[probe];
                if (!double.IsNaN(slow) && (slow < 1 || slow < Line(tests, i, probe, options.Tolerance))) failed[i] |= 1u << probe;
            }
        }
        return [.. tests.Select((test, i) => (failed[i] & ~test.FailedProbes) == 0
            ? test : test with { FailedProbes = test.FailedProbes | failed[i] })];
    }

    /// <summary>The higher of two lines: that of all tests, and that of the tests of about the same size, if there are enough.</summary>
    private static double Line(ImmutableArray<JudgedTest> tests, int test, int probe, double tolerance)
    {
        var scores = new List<double>(tests.Length);
        var size = tests[test].Nodes.Length;
        Collect(tests, probe, _ => true, scores);
        var line = Line(scores, tolerance * OtherSizes);
        scores.Clear();
        Collect(tests, probe, other => 2 * Math.Max(size, other) <= 3 * Math.Min(size, other), scores);
        return scores.Count < FewestPeers ? line : Math.Max(line, Line(scores, tolerance));
    }

    private static void Collect(ImmutableArray<JudgedTest> tests, int probe, Func<int, bool> isPeer, List<double> into)
    {
        foreach (var test in tests)
            if (!double.IsNaN(test.Slow[probe]) && isPeer(test.Nodes.Length)) into.Add(test.Slow[probe]);
    }

    private static double Line(List<double> peers, double tolerance)
    {
        var fastest = peers.Max();
        peers.RemoveAll(score => score < fastest * (1 - tolerance));
        var level = Median(peers);
        for (int i = 0; i < peers.Count; i++) peers[i] = Math.Abs(peers[i] - level);
        return level - Math.Max(tolerance * level, MadMargin * Median(peers));
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        var middle = values.Count / 2;
        return values.Count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }
}
