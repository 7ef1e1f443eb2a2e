namespace Bridge.Core.Health;

/// <summary>Judges XIDs, SXIDs and other NVML events by the table.</summary>
internal static class EventEvaluator
{
    public static IEnumerable<Verdict> Judge(HealthInput input)
    {
        var groups = input.Events
            .GroupBy(e => (e.Uuid, e.Kind, e.Code))
            .OrderBy(g => g.Key.Uuid, StringComparer.Ordinal).ThenBy(g => g.Key.Kind).ThenBy(g => g.Key.Code);
        foreach (var group in groups)
        {
            var events = group.OrderByDescending(e => e.At).ToList();
            if (Judge(input, events) is { } verdict) yield return verdict;
        }
    }

    private static Verdict? Judge(HealthInput input, List<GpuEvent> events)
    {
        var newest = events[0];
        var rule = RuleOf(newest, input.Rules);
        var name = NameOf(newest, rule);
        var gpu = input.Current.Gpus.FirstOrDefault(g => g.Uuid is not null && g.Uuid == newest.Uuid);
        var subject = newest.Uuid is null ? Subject.Node : new Subject(newest.Uuid, gpu?.PciBusId);
        var evidence = events.Take(10)
            .Select(e => new Evidence(name, e.Code, null, e.Text ?? rule?.Text, e.At)).ToArray();
        if (rule is null)
        {
            return Say(name, subject, new XidClass(Severity.Warning, Consequence.Comment), evidence) with
            {
                Outcome = Outcome.Unknown,
                Why = $"{name} is not in the table; look it up in the driver's catalog and add a line",
            };
        }
        var repeated = RepeatsOf(input, events, rule);
        // What happened before the last boot has had its reboot: it only counts as a repetition.
        if (newest.BootId != input.Current.BootId && repeated < input.Rules.Repeat.Count) return null;
        var follows = input.Rules.Classes[rule.Class];
        var why = $"{name} ({rule.Text}), class {rule.Class}";
        if (repeated >= input.Rules.Repeat.Count)
        {
            follows = follows with { Consequence = input.Rules.Repeat.Consequence };
            var hours = input.Rules.Repeat.Window.TotalHours;
            why += $", {repeated} times within {hours:F0} h: the hardware must be looked at";
        }
        var outcome = follows.Severity == Severity.Info ? Outcome.Pass : Outcome.Fail;
        return Say(name, subject, follows, evidence) with { Outcome = outcome, Why = why };
    }

    private static int RepeatsOf(HealthInput input, List<GpuEvent> events, XidRule rule) =>
        input.Rules.Repeat.Classes.Contains(rule.Class)
            ? events.Count(e => e.At >= input.Current.TakenAt - input.Rules.Repeat.Window)
            : 0;

    private static XidRule? RuleOf(GpuEvent one, HealthRules rules) => (one.Kind switch
    {
        GpuEventKind.Xid => rules.Xids,
        GpuEventKind.SXid => rules.SXids,
        _ => rules.Events,
    }).GetValueOrDefault(one.Code);

    private static string NameOf(GpuEvent one, XidRule? rule) => one.Kind switch
    {
        GpuEventKind.Xid => $"xid-{one.Code}",
        GpuEventKind.SXid => $"sxid-{one.Code}",
        _ => rule?.Name ?? $"nvml-event-{one.Code}",
    };

    private static Verdict Say(
        string name, Subject subject, XidClass follows, IReadOnlyList<Evidence> evidence) => new()
    {
        Check = name,
        Subject = subject,
        Outcome = Outcome.Fail,
        Severity = follows.Severity,
        Consequence = follows.Consequence,
        Why = name,
        Evidence = evidence,
    };
}
