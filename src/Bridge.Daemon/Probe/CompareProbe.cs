using System.Text.Json;
using Bridge.Core.Health;

namespace Bridge.Daemon.Probe;

/// <summary>
/// <c>bridge probe compare</c>: the reports of many tests, each held against its absolute line and against its peers.
/// </summary>
internal static class CompareProbe
{
    /// <summary>Judges the tests that the reports tell of.</summary>
    public static CompareReport Judge(IReadOnlyList<NcclReport> reports, RelativeLine rule)
    {
        List<PeerTest> tests = [];
        List<PeerVerdict> absolute = [];
        var groups = reports.GroupBy(r => r.Test ?? "", StringComparer.Ordinal).ToList();
        foreach (var ranks in groups)
        {
            var sizes = Sizes([.. ranks], rule.MinBytes).ToList();
            tests.AddRange(sizes.Select(s => s.Test));
            absolute.AddRange(sizes.Select(s => s.Absolute).OfType<PeerVerdict>());
        }
        var failed = absolute.Select(v => v.Test).ToHashSet(ReferenceEqualityComparer.Instance);
        List<PeerVerdict> verdicts =
            [.. absolute, .. PeerBandwidth.Judge(tests, rule).Where(v => !failed.Contains(v.Test))];
        return Conclude(groups.Count, verdicts, rule);
    }

    /// <summary>One test's message sizes, each as its slowest rank has it.</summary>
    private static IEnumerable<(PeerTest Test, PeerVerdict? Absolute)> Sizes(List<NcclReport> ranks, long least)
    {
        var first = ranks[0];
        var nodes = string.Join(
            ",", ranks.Select(r => r.Node).OfType<string>().Distinct().Order(StringComparer.Ordinal));
        var name = nodes.Length == 0 ? first.Test ?? "" : nodes;
        var shape = new TestShape(first.Product, first.Size, first.Nodes, 0);
        var lost = ranks.Find(r => r.Sizes is null or [] || r.Failure is not null
            || r.Outcome is ProbeOutcome.Broken or ProbeOutcome.Unavailable);
        // A rank that was killed, or whose node died, left no report: it may be the very one that was slow.
        var silent = Enumerable.Range(0, first.Size).Except(ranks.Select(r => r.Rank)).ToList();
        var sizes = ranks.SelectMany(r => r.Sizes ?? []).GroupBy(s => s.Bytes).ToList();
        if (lost is not null || silent.Count > 0)
        {
            // Which size broke off does not matter: the least that is judged stands for it. A sum that is wrong is a
            // verdict all the same.
            var damaged = sizes.Find(s => s.Any(one => one.WrongValues > 0));
            var problem = lost is not null
                ? $"rank {lost.Rank}: {lost.Why}"
                : $"rank {silent[0]} of {first.Size} left no report";
            var test = new PeerTest(name, shape with { Bytes = damaged?.Key ?? least }, null, problem);
            yield return (test, Absolute(test, null, damaged?.Sum(s => s.WrongValues) ?? 0));
            yield break;
        }
        foreach (var size in sizes)
        {
            var slowest = size.MinBy(s => s.BusBytesPerSecond)!;
            var test = new PeerTest(name, shape with { Bytes = size.Key }, slowest.BusBytesPerSecond);
            yield return (test, Absolute(test, slowest.Line, size.Sum(s => s.WrongValues)));
        }
    }

    private static PeerVerdict? Absolute(PeerTest test, double? line, long wrong)
    {
        if (wrong > 0)
        {
            var why = $"{test.Name}: {wrong} values of the sum of {test.Shape.Bytes} bytes are wrong";
            return new PeerVerdict(test, Outcome.Fail, 0, null, null, why);
        }
        if (!(test.BytesPerSecond < line)) return null;
        var (reached, asked) = (test.BytesPerSecond / 1e9, line / 1e9);
        var below = FormattableString.Invariant($"{reached:F1} GB/s, the absolute line is {asked:F1} GB/s");
        return new PeerVerdict(test, Outcome.Fail, 0, null, line, $"{test.Name} reaches {below}");
    }

    private static CompareReport Conclude(int tests, List<PeerVerdict> verdicts, RelativeLine rule)
    {
        List<PeerVerdict> failed = [.. verdicts.Where(v => v.Outcome == Outcome.Fail)];
        List<PeerVerdict> unknown = [.. verdicts.Where(v => v.Outcome == Outcome.Unknown)];
        var (outcome, why) = (failed, unknown) switch
        {
            ({ Count: > 0 }, _) => (ProbeOutcome.Unhealthy, failed[0].Why + More(failed.Count)),
            (_, { Count: > 0 }) => (ProbeOutcome.Broken, unknown[0].Why + More(unknown.Count)),
            _ when verdicts.Count == 0 =>
                (ProbeOutcome.Broken, $"no test has a message of {rule.MinBytes} bytes or more; less says nothing"),
            _ => (ProbeOutcome.Healthy, $"{tests} tests, none below {rule.Share:P0} of the median of its peers"),
        };
        return new CompareReport
        {
            Outcome = outcome,
            Why = why,
            Tests = tests,
            Slow = [.. failed.Select(v => v.Test.Name).Distinct(StringComparer.Ordinal)],
            Verdicts = verdicts,
        };
    }

    private static string More(int count) => count == 1 ? "" : $" (and {count - 1} more)";
}

/// <summary>Reads the reports of <c>bridge probe nccl</c> from files, one a line; every mistake is named.</summary>
internal static class CompareReader
{
    /// <summary>The reports of all files, or every reason why they cannot be compared.</summary>
    public static (List<NcclReport> Reports, List<string> Errors) Read(IEnumerable<FileInfo> files)
    {
        var (reports, errors) = (new List<NcclReport>(), new List<string>());
        foreach (var file in files)
        {
            try
            {
                var number = 0;
                foreach (var line in File.ReadLines(file.FullName))
                {
                    number++;
                    if (line.Trim().Length > 0) Take(line, $"{file}:{number}", reports, errors);
                }
                if (number == 0) errors.Add($"{file}: is empty; the rank that should have written it left no report");
            }
            catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException)
            {
                errors.Add($"{file}: cannot be read: {wrong.Message}");
            }
        }
        return (reports, errors);
    }

    private static void Take(string line, string at, List<NcclReport> reports, List<string> errors)
    {
        try
        {
            var report = JsonSerializer.Deserialize(line, ProbeJson.Default.NcclReport);
            if (report is not { Version: 1, Probe: "nccl" }) errors.Add($"{at}: is no report of bridge probe nccl");
            else if (report.Test is null) errors.Add($"{at}: names no test; it is from an older bridge, run it again");
            else reports.Add(report);
        }
        catch (JsonException wrong)
        {
            errors.Add($"{at}: is no report of bridge probe nccl: {wrong.Message}");
        }
    }
}

/// <summary>What <c>bridge probe compare</c> prints.</summary>
internal sealed record CompareReport
{
    public int Version { get; init; } = 1;

    public string Probe { get; init; } = "compare";

    public required ProbeOutcome Outcome { get; init; }

    public required string Why { get; init; }

    /// <summary>Tests that were read; all ranks of a test count once.</summary>
    public required int Tests { get; init; }

    /// <summary>Names of the tests that are below a line or summed wrong.</summary>
    public required IReadOnlyList<string> Slow { get; init; }

    /// <summary>One per test and message size.</summary>
    public required IReadOnlyList<PeerVerdict> Verdicts { get; init; }
}
