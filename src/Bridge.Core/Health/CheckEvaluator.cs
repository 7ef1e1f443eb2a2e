namespace Bridge.Core.Health;

/// <summary>One moment of a subject: its sweep, and the GPU in it (null for the node).</summary>
internal sealed record Moment(GpuSweep Sweep, GpuObservation? Gpu);

/// <summary>Judges one check on one subject over its moments, oldest first, the newest last.</summary>
internal static class CheckEvaluator
{
    public static Verdict Judge(
        HealthCheck check, Subject subject, IReadOnlyList<Moment> moments, HealthRules rules,
        GpuExpectation expectation)
    {
        var now = moments[^1];
        var signal = SignalCatalog.All[check.Signal];
        var samples = Samples(check, moments, rules, expectation);
        var reading = check.Measure switch
        {
            Measure.Increase => CounterWindow.Increase(samples, signal.Kind),
            Measure.Share => CounterWindow.Share(samples),
            _ => samples[^1].Reading,
        };
        var evidence = new Evidence(check.Signal, reading.Value, reading.Unknown, reading.Detail, now.Sweep.TakenAt);
        if (Inapplicable(check, now, rules) is { } reason)
            return Say(check, subject, Outcome.NotApplicable, reason, [evidence]);
        if (reading.Value is not { } value) return Absent(check, subject, now, reading, evidence);
        return check.Measure == Measure.Value
            ? OverTime(check, subject, (value, signal.Unit), moments, samples, rules)
            : Compares(check, value)
                ? Say(check, subject, Outcome.Fail, Sentence(check, value, signal.Unit), [evidence])
                : Say(check, subject, Outcome.Pass, $"{check.Signal} is good", [evidence]);
    }

    private static Verdict OverTime(
        HealthCheck check, Subject subject, (double Value, string Unit) now, IReadOnlyList<Moment> moments,
        List<Sample> samples, HealthRules rules)
    {
        var known = samples.Zip(moments)
            .Where(p => p.First.Reading.Value is not null && Inapplicable(check, p.Second, rules) is null)
            .Select(p => (p.First, Bad: Compares(check, p.First.Reading.Value ?? 0))).ToList();
        var recent = known.TakeLast(rules.Flapping.Sweeps).ToList();
        var changes = recent.Zip(recent.Skip(1)).Count(p => p.First.Bad != p.Second.Bad);
        var bad = known.AsEnumerable().Reverse().TakeWhile(k => k.Bad).Count();
        var evidence = recent.AsEnumerable().Reverse()
            .Select(k => new Evidence(check.Signal, k.First.Reading.Value, null, null, k.First.At)).ToArray();
        if (changes >= rules.Flapping.Changes)
        {
            var often = $"{check.Signal} changed between good and bad {changes} times in {recent.Count} sweeps";
            return Say(check, subject, Outcome.Fail, $"{often}: {check.Text}", evidence) with { Flapping = true };
        }
        var latest = evidence.Take(Math.Max(1, check.Sweeps)).ToArray();
        if (bad == 0) return Say(check, subject, Outcome.Pass, $"{check.Signal} is good", latest);
        var sentence = Sentence(check, now.Value, now.Unit);
        return bad >= check.Sweeps
            ? Say(check, subject, Outcome.Fail, sentence, latest)
            : Say(check, subject, Outcome.Suspect, $"{sentence} (sweep {bad} of {check.Sweeps})", latest);
    }

    private static Verdict Absent(HealthCheck check, Subject subject, Moment now, Reading reading, Evidence evidence)
    {
        var underMig = now.Gpu?.Of("mig.enabled").Value == 1;
        return reading.Unknown switch
        {
            Absence.NotSupported => Say(check, subject, Outcome.NotApplicable,
                underMig ? "the driver does not tell this under MIG" : reading.Detail ?? "not supported", [evidence]),
            Absence.TooFewSweeps => Say(check, subject, Outcome.NotApplicable, reading.Detail ?? "", [evidence]),
            Absence.FunctionMissing => Say(check, subject, Outcome.NotApplicable,
                $"this driver's library is too old to tell: {reading.Detail}", [evidence]),
            _ => Say(check, subject, Outcome.Unknown, $"{check.Signal} is unknown: {reading.Detail}", [evidence]),
        };
    }

    private static List<Sample> Samples(
        HealthCheck check, IReadOnlyList<Moment> moments, HealthRules rules, GpuExpectation expectation)
    {
        var oldest = check.Window is { } window ? moments[^1].Sweep.TakenAt - window : DateTimeOffset.MinValue;
        return
        [
            .. moments.Where(m => m.Sweep.TakenAt >= oldest).Select(m => new Sample(
                m.Sweep.TakenAt,
                m.Sweep.BootId,
                m.Gpu is null
                    ? SignalReader.OfNode(m.Sweep, check.Signal, expectation)
                    : SignalReader.OfGpu(m.Gpu, check.Signal, rules.ProductOf(m.Gpu.ProductName)))),
        ];
    }

    private static string? Inapplicable(HealthCheck check, Moment moment, HealthRules rules)
    {
        if (moment.Gpu is not { } gpu) return null;
        if (!check.Products.Contains("*"))
        {
            var product = rules.ProductOf(gpu.ProductName);
            if (product is null) return $"the product '{gpu.ProductName ?? "unknown"}' is not in the table";
            if (!check.Products.Contains(product.Name)) return $"not a check for {product.Name}";
        }
        return check.When switch
        {
            CheckCondition.UnderLoad when gpu.Of("gpu.utilization_percent").Value is not { } load =>
                "the load is unknown",
            CheckCondition.UnderLoad when gpu.Of("gpu.utilization_percent").Value < rules.LoadPercent =>
                "the GPU is idle, where this is usual",
            CheckCondition.Idle when gpu.Of("gpu.processes").Value is not 0 => "the GPU is in use, or nobody can tell",
            _ => null,
        };
    }

    private static bool Compares(HealthCheck check, double value) => check.Fails switch
    {
        Comparison.Above => value > check.Threshold,
        Comparison.AtLeast => value >= check.Threshold,
        Comparison.Below => value < check.Threshold,
        Comparison.AtMost => value <= check.Threshold,
        Comparison.Is => value.Equals(check.Threshold),
        Comparison.IsNot => !value.Equals(check.Threshold),
        _ => throw new ArgumentOutOfRangeException(nameof(check), check.Fails, "not a comparison"),
    };

    private static string Sentence(HealthCheck check, double value, string unit)
    {
        var measured = check.Measure switch
        {
            Measure.Increase => $"{check.Signal} grew by {value}",
            Measure.Share => $"{check.Signal} was set in {value:P0} of the sweeps",
            _ when unit is "flag" or "1" or "code" or "mask" => $"{check.Signal} is {value}",
            _ => $"{check.Signal} is {value} {unit}",
        };
        return $"{measured}: {check.Text}";
    }

    private static Verdict Say(
        HealthCheck check, Subject subject, Outcome outcome, string why, IReadOnlyList<Evidence> evidence) => new()
        {
            Check = check.Name,
            Subject = subject,
            Outcome = outcome,
            Severity = check.Severity,
            Consequence = check.Consequence,
            Why = why,
            Evidence = evidence,
        };
}
