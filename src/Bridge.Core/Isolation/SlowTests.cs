using System.Collections.Immutable;

namespace Bridge.Core.Isolation;

/// <summary>
/// Says which tests are slow. A test fails a probe when its second slowest repeat is below the absolute line, below
/// what the tests of about its size show, or, with more tolerance, below what all tests show. Faults only ever slow
/// down, so the healthy level is that of the fast tests: the median of those within the tolerance of the fastest. A
/// plain median would follow the faults once half of the tests have one.
/// </summary>
internal static class SlowTests
{
    private const int FewestPeers = 3;

    /// <summary>Widens the tolerance between tests of different sizes: the lines fit a site only roughly.</summary>
    private const double OtherSizes = 1.5;

    /// <summary>
    /// 1.4826 × MAD estimates the deviation of normal noise; three of them are the margin where noise is large.
    /// </summary>
    private const double MadMargin = 3 * 1.4826;

    /// <summary>Judges all tests against each other; what failed before stays failed.</summary>
    public static ImmutableArray<JudgedTest> Mark(ImmutableArray<JudgedTest> tests, IsolationOptions options)
    {
        var failed = new uint[tests.Length];
        for (int probe = 0; probe < options.Lines.Length; probe++)
        {
            var lines = Lines(tests, probe, options.Tolerance);
            for (int i = 0; i < tests.Length; i++)
                if (tests[i].Slow[probe] < lines[tests[i].Nodes.Length]) failed[i] |= 1u << probe;
        }
        return [.. tests.Select((test, i) => (failed[i] & ~test.FailedProbes) == 0
            ? test : test with { FailedProbes = test.FailedProbes | failed[i] })];
    }

    /// <summary>The score that a test must reach, by its number of nodes.</summary>
    private static Dictionary<int, double> Lines(ImmutableArray<JudgedTest> tests, int probe, double tolerance)
    {
        var scores = new List<double>(tests.Length);
        Collect(tests, probe, _ => true, scores);
        var floor = Math.Max(1, Line(scores, tolerance * OtherSizes));
        var lines = new Dictionary<int, double>();
        foreach (var test in tests)
        {
            var size = test.Nodes.Length;
            if (lines.ContainsKey(size)) continue;
            Collect(tests, probe, other => 2 * Math.Max(size, other) <= 3 * Math.Min(size, other), scores);
            lines[size] = scores.Count < FewestPeers ? floor : Math.Max(floor, Line(scores, tolerance));
        }
        return lines;
    }

    private static void Collect(ImmutableArray<JudgedTest> tests, int probe, Func<int, bool> isPeer, List<double> into)
    {
        into.Clear();
        foreach (var test in tests)
            if (!double.IsNaN(test.Slow[probe]) && isPeer(test.Nodes.Length)) into.Add(test.Slow[probe]);
    }

    private static double Line(List<double> scores, double tolerance)
    {
        if (scores.Count == 0) return 0;
        var fastest = scores.Max();
        scores.RemoveAll(score => score < fastest * (1 - tolerance));
        var level = Median(scores);
        for (int i = 0; i < scores.Count; i++) scores[i] = Math.Abs(scores[i] - level);
        return level - Math.Max(tolerance * level, MadMargin * Median(scores));
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        var middle = values.Count / 2;
        return values.Count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }
}
