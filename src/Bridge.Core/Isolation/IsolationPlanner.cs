using System.Collections.Immutable;

namespace Bridge.Core.Isolation;

/// <summary>
/// Finds the slow nodes, links and switches of a fleet in few collective tests: adaptive group testing along the
/// topology. Pure: a step takes the state and the results of its round and gives the next round, or the report.
/// docs/gpu/isolation.md tells how.
/// </summary>
public static class IsolationPlanner
{
    /// <summary>
    /// Failed covers without a new finding after which the planner stops: the first may have been noise.
    /// </summary>
    private const int FruitlessCovers = 2;

    /// <summary>The first round.</summary>
    /// <param name="candidates">The nodes to test, in any order; each name once.</param>
    /// <param name="options">Probes, lines and bounds.</param>
    /// <exception cref="ArgumentException">A name is there twice, or the options have mistakes; the message names
    /// each.</exception>
    public static IsolationStep Start(IEnumerable<Candidate> candidates, IsolationOptions options)
    {
        var mistakes = string.Join("; ", options.Mistakes());
        if (mistakes.Length > 0) throw new ArgumentException(mistakes, nameof(options));
        var fleet = new FabricMap(candidates);
        var state = new IsolationState(fleet, options);
        var work = new Casework(fleet, options, state.Evidence, []);
        if (fleet.Count > 1) work.Ask(SplitInquiry.First(fleet));
        return Plan(state, work);
    }

    /// <summary>
    /// The round after this one. Call it once the round is over: a test without a result counts as one that brought no
    /// evidence. Results of tests that are not of this round are left aside.
    /// </summary>
    public static IsolationStep Next(IsolationState state, IEnumerable<IsolationResult> results)
    {
        var byId = results.GroupBy(result => result.Id).ToDictionary(group => group.Key, group => group.First());
        var measured = ImmutableArray.CreateBuilder<JudgedTest>();
        var open = state.Open.ToArray();
        foreach (var issued in state.Issued)
        {
            var isEvidence = byId.TryGetValue(issued.Id, out var result)
                && result.End is TestEnd.Measured or TestEnd.Hung;
            var place = state.Evidence.Tests.Length + measured.Count;
            int? test = isEvidence ? place : null;
            open[issued.Inquiry] = Answered(open[issued.Inquiry], issued.Ask, test, state.Options.Attempts);
            if (isEvidence) measured.Add(JudgedTest.Of(issued.Id, issued.Nodes, result!, state.Options));
        }
        var evidence = state.Evidence.Add(measured, state.Options);
        var work = new Casework(state.Fleet, state.Options, evidence, state.Findings);
        work.Open.AddRange(open);
        Reopen(work, state.Evidence);
        return Plan(state with { Evidence = evidence }, work);
    }

    private static Inquiry Answered(Inquiry inquiry, int ask, int? test, int attempts)
    {
        var old = inquiry.Asks[ask];
        var now = test is not null
            ? old with { Test = test }
            : old with { Attempts = old.Attempts + 1, GivenUp = old.Attempts + 1 >= attempts };
        return inquiry with { Asks = inquiry.Asks.SetItem(ask, now) };
    }

    /// <summary>A faster peer showed that an earlier pass was none: its nodes are looked at again.</summary>
    private static void Reopen(Casework work, TestHistory before)
    {
        for (int i = 0; i < before.Tests.Length; i++)
        {
            if (before.Tests[i].FailedProbes == work.Evidence.Tests[i].FailedProbes) continue;
            ImmutableArray<int> left = [.. work.Evidence.Tests[i].Nodes.Where(node => !work.Removed(node))];
            if (left.Length > 0) work.Ask(SplitInquiry.Of(work.Fleet, left));
        }
    }

    private static IsolationStep Plan(IsolationState state, Casework work)
    {
        var (round, covers) = (state.Round + 1, state.Covers);
        while (true)
        {
            Conclude(work);
            if (work.Findings.Count > state.Findings.Length) covers = 0;
            if (work.Over || round > state.Options.MaxRounds) break;
            if (work.Open.Count == 0 && !OpenCover(work, ref covers)) break;
            var issued = new RoundBuilder(work, round).Build();
            if (issued.Length > 0) return Run(state, work, issued, round, covers);
            GiveUp(work);
        }
        var end = state with { Round = round, Open = [], Issued = [], Findings = [.. work.Findings], Covers = covers };
        return new IsolationStep(end, [], Reporter.Report(work));
    }

    private static IsolationStep Run(
        IsolationState state, Casework work, ImmutableArray<Issued> issued, int round, int covers)
    {
        var next = state with
        {
            Round = round, Open = [.. work.Open], Issued = issued, Findings = [.. work.Findings], Covers = covers,
        };
        return new IsolationStep(next, [.. issued.Select(test => Test(work, test))], null);
    }

    /// <summary>
    /// A first look and a cover measure everything. In between only what was slow somewhere is measured: the other
    /// probes have passed on every node already.
    /// </summary>
    private static IsolationTest Test(Casework work, Issued issued)
    {
        var inquiry = work.Open[issued.Inquiry];
        var slow = inquiry is CoverInquiry or SplitInquiry { Known: false } ? 0 : work.Evidence.SlowProbes;
        var probes = work.Options.Lines.Select(line => line.Probe)
            .Where((_, i) => slow == 0 || (slow & (1u << i)) != 0);
        return new IsolationTest(issued.Id, [.. issued.Nodes.Select(node => work.Fleet.Names[node])], [.. probes],
            work.Options.Repeats, inquiry.Why(work));
    }

    /// <summary>Lets every answered inquiry draw its conclusion, and those that follow from it.</summary>
    private static void Conclude(Casework work)
    {
        for (int i = 0; i < work.Open.Count; i++) work.Open[i] = Recall(work, work.Open[i]);
        while (!work.Over && work.Open.Find(inquiry => inquiry.IsAnswered) is { } answered)
        {
            work.Open.Remove(answered);
            answered.Conclude(work);
            work.Open.RemoveAll(inquiry => inquiry.Subject.All(work.Removed));
            for (int i = 0; i < work.Open.Count; i++) work.Open[i] = Recall(work, work.Open[i]);
        }
    }

    /// <summary>What exactly these nodes have passed already is not tested again.</summary>
    private static Inquiry Recall(Casework work, Inquiry inquiry) => inquiry with
    {
        Asks = [.. inquiry.Asks.Select(ask =>
            ask.IsOpen && !ask.NeedsPartner && work.Evidence.Pass(ask.Nodes) is { } pass
                ? ask with { Test = pass }
                : ask)],
    };

    private static bool OpenCover(Casework work, ref int covers)
    {
        var cover = CoverInquiry.Of(work);
        if (covers == FruitlessCovers || cover.Asks.All(ask => work.Evidence.Pass(ask.Nodes) is not null)) return false;
        covers++;
        work.Ask(cover);
        return true;
    }

    /// <summary>Nothing that is asked can be run: no node that could be the partner is healthy.</summary>
    private static void GiveUp(Casework work)
    {
        for (int i = 0; i < work.Open.Count; i++)
        {
            work.Open[i] = work.Open[i] with
            {
                Asks = [.. work.Open[i].Asks.Select(ask => ask.IsOpen ? ask with { GivenUp = true } : ask)],
            };
        }
    }
}

/// <summary>What to do next: run these tests, or, when there are none, read the report.</summary>
/// <param name="State">To be handed back with the results.</param>
/// <param name="Tests">The tests of the round, disjoint in nodes; empty at the end.</param>
/// <param name="Report">The verdicts; null while tests are to be run.</param>
public sealed record IsolationStep(IsolationState State, ImmutableArray<IsolationTest> Tests, IsolationReport? Report);

/// <summary>
/// Where an isolation stands: immutable, and enough to plan the next round from. Opaque outside the planner.
/// </summary>
public sealed record IsolationState
{
    internal IsolationState(FabricMap fleet, IsolationOptions options)
    {
        Fleet = fleet;
        Options = options;
        Evidence = TestHistory.None(fleet);
    }

    /// <summary>The options that it runs under.</summary>
    public IsolationOptions Options { get; }

    /// <summary>The round whose tests are out, from 1.</summary>
    public int Round { get; internal init; }

    internal FabricMap Fleet { get; }

    internal TestHistory Evidence { get; init; }

    internal ImmutableArray<Inquiry> Open { get; init; } = [];

    internal ImmutableArray<Issued> Issued { get; init; } = [];

    internal ImmutableArray<Finding> Findings { get; init; } = [];

    /// <summary>Covers that were asked for since the last new finding.</summary>
    internal int Covers { get; init; }
}
