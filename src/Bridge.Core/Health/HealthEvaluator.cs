namespace Bridge.Core.Health;

/// <summary>Turns what was seen of a node's GPUs into verdicts. Pure: the same input gives the same report.</summary>
public static class HealthEvaluator
{
    /// <summary>Judges every check on every subject, then every event; node verdicts come first.</summary>
    public static HealthReport Evaluate(HealthInput input)
    {
        var moments = input.History.Append(input.Current).ToList();
        var verdicts = new List<Verdict>();
        verdicts.AddRange(OfNode(input, moments));
        foreach (var gpu in input.Current.Gpus) verdicts.AddRange(OfGpu(input, gpu, moments));
        verdicts.AddRange(EventEvaluator.Judge(input));
        return Conclude(verdicts);
    }

    private static IEnumerable<Verdict> OfNode(HealthInput input, List<GpuSweep> sweeps)
    {
        var moments = sweeps.ConvertAll(s => new Moment(s, null));
        var count = input.Current.Readings.GetValueOrDefault("node.gpu_count", Reading.NotTaken);
        // GPUs that nobody could count are judged by no check: an empty sweep must not look like a good one.
        if (count.Value is null)
            yield return Unread("gpu-count", Subject.Node, $"the GPUs could not be counted: {count.Detail}");
        foreach (var check in input.Rules.Checks)
        {
            if (SignalCatalog.All[check.Signal].Scope != SignalScope.Node) continue;
            var verdict = CheckEvaluator.Judge(check, Subject.Node, moments, input.Rules, input.Expectation);
            yield return check.Signal == "node.gpu_missing" && verdict.Outcome is Outcome.Fail or Outcome.Suspect
                ? verdict with { Why = verdict.Why + NameTheMissing(input) }
                : verdict;
        }
    }

    private static IEnumerable<Verdict> OfGpu(HealthInput input, GpuObservation gpu, List<GpuSweep> sweeps)
    {
        var subject = new Subject(gpu.Uuid, gpu.PciBusId);
        var moments = sweeps
            .Select(s => new Moment(s, s == input.Current ? gpu : s.Gpus.FirstOrDefault(g => IsSame(g, gpu))))
            .Where(m => m.Gpu is not null).ToList();
        var silent = gpu.Of("gpu.lost").Value == 1 || gpu.Of("gpu.reset_required").Value == 1;
        if (gpu.ProductName is null && !silent)
            yield return Unread("product", subject, "the driver does not tell the product: its checks cannot run");
        else if (gpu.ProductName is { } name && input.Rules.ProductOf(name) is null)
            yield return UnknownProduct(subject, name);
        foreach (var check in input.Rules.Checks)
        {
            if (SignalCatalog.All[check.Signal].Scope != SignalScope.Gpu) continue;
            // A GPU that is lost or waits for a reset tells nothing else; the rest would only repeat it as "unknown".
            if (silent && check.Signal is not ("gpu.lost" or "gpu.reset_required")) continue;
            yield return CheckEvaluator.Judge(check, subject, moments, input.Rules, input.Expectation);
        }
    }

    private static bool IsSame(GpuObservation a, GpuObservation b) =>
        a.Uuid is not null && b.Uuid is not null ? a.Uuid == b.Uuid
        : a.PciBusId is not null && a.PciBusId == b.PciBusId;

    private static string NameTheMissing(HealthInput input)
    {
        var last = input.History.Count == 0 ? null : input.History[^1];
        var gone = last?.Gpus.Where(g => g.Uuid is not null && !input.Current.Gpus.Any(n => IsSame(g, n)))
            .Select(g => new Subject(g.Uuid, g.PciBusId).ToString()).ToList();
        return gone is { Count: > 0 } ? $"; seen before and gone now: {string.Join(", ", gone)}" : "";
    }

    /// <summary>Something was not read without which checks stay silent: never an all-clear.</summary>
    private static Verdict Unread(string check, Subject subject, string why) => new()
    {
        Check = check,
        Subject = subject,
        Outcome = Outcome.Unknown,
        Severity = Severity.Critical,
        Consequence = Consequence.Observe,
        Why = why,
        Evidence = [],
    };

    /// <summary>A product that no table knows is no fault of the node's.</summary>
    private static Verdict UnknownProduct(Subject subject, string name) =>
        Unread("product", subject, $"the product '{name}' is not in the table: only the checks for every product ran")
            with { Severity = Severity.Warning };

    private static HealthReport Conclude(List<Verdict> verdicts)
    {
        var bad = verdicts.Where(v => v.Outcome == Outcome.Fail && v.Consequence >= Consequence.Drain)
            .OrderByDescending(v => v.Consequence).ToList();
        if (bad.Count > 0)
        {
            var more = bad.Count == 1 ? "" : $" (and {bad.Count - 1} more)";
            var why = $"{bad[0].Check} on {bad[0].Subject}: {bad[0].Why}{more}";
            return new HealthReport(NodeHealth.Unhealthy, why, verdicts);
        }
        var unknown = verdicts.Where(v => v is { Outcome: Outcome.Unknown, Severity: Severity.Critical }).ToList();
        if (unknown.Count == 0) return new HealthReport(NodeHealth.Healthy, Summary(verdicts), verdicts);
        var first = $"first {unknown[0].Check} on {unknown[0].Subject}: {unknown[0].Why}";
        var count = $"{unknown.Count} critical checks could not be read";
        return new HealthReport(NodeHealth.Unknown, $"{count}, {first}", verdicts);
    }

    private static string Summary(List<Verdict> verdicts)
    {
        var counts = verdicts.GroupBy(v => v.Outcome).OrderBy(g => g.Key).Select(g => $"{g.Count()} {Word(g.Key)}");
        return $"no check asks for a drain: {string.Join(", ", counts)}";
    }

    private static string Word(Outcome outcome) => outcome switch
    {
        Outcome.Pass => "passed",
        Outcome.NotApplicable => "do not apply",
        Outcome.Unknown => "unknown",
        Outcome.Suspect => "suspect",
        _ => "failed without a drain",
    };
}
