using System.CommandLine;
using System.Text.Json;
using Bridge.Core.Health;
using Bridge.Gpu.Rules;

namespace Bridge.Daemon.Probe;

/// <summary>The options of <c>bridge probe nvml</c>, and what they make.</summary>
internal sealed class NvmlCommand(Option<string?> library, Option<double> timeout, Option<string?> rules)
{
    private readonly Option<int?> expect = new("--expect-gpus")
    {
        Description = "how many GPUs this node should have",
    };
    private readonly Option<bool> watch = new("--watch") { Description = "prints events as JSON lines until TERM" };
    private readonly Option<bool> all = new("--all")
    {
        Description = "prints verdicts that passed or do not apply as well",
    };
    private readonly Option<string?> history = new("--history")
    {
        Description = "file with this command's earlier lines: read for what changes over time, then added to",
    };
    private readonly Option<int> keep = new("--history-sweeps")
    {
        Description = "lines that the file keeps",
        DefaultValueFactory = _ => SweepHistory.DefaultKeep,
    };

    public Command Create(TimeProvider time)
    {
        var command = new Command("nvml", "One sweep of everything that NVML tells, judged by the check table.")
        {
            library, timeout, rules, expect, watch, all, this.history, keep,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            var loading = HealthRulesLoader.Load(parsed.GetValue(rules));
            var history = parsed.GetValue(this.history) is { } file
                ? new SweepHistory(file, parsed.GetValue(keep), time)
                : null;
            var earlier = history?.Read();
            List<string> errors = [.. loading.Errors, .. Check(parsed), .. earlier?.Errors ?? []];
            if (loading.Rules is null || errors.Count > 0) return ProbeCommand.Refuse(errors);
            var options = new NvmlProbeOptions(
                parsed.GetValue(library), TimeSpan.FromSeconds(parsed.GetValue(timeout)), loading.Rules,
                new GpuExpectation(parsed.GetValue(expect)), parsed.GetValue(all));
            if (parsed.GetValue(watch)) return await new NvmlWatchProbe(time, Console.Out).RunAsync(options, cancel);
            var probe = new NvmlProbe(time);
            var report = await probe.RunAsync(options with { History = earlier?.Sweeps ?? [] }, cancel);
            return Finish(report, history, earlier);
        });
        return command;
    }

    private static int Finish(NvmlReport report, SweepHistory? history, HistoryReading? earlier)
    {
        foreach (var note in earlier?.Skipped ?? []) Console.Error.WriteLine($"bridge probe: {note}");
        if (earlier is not null) report = report with { History = earlier.Use };
        var line = JsonSerializer.Serialize(report, ProbePrint.Json.NvmlReport);
        Console.Out.WriteLine(line);
        // A line without a sweep would only push one with a sweep out.
        if (report.Sweep is not null && history?.Add(line) is { } problem)
            Console.Error.WriteLine($"bridge probe: {problem}");
        return NvmlProbe.ExitOf(report.Outcome);
    }

    private IEnumerable<string> Check(ParseResult parsed)
    {
        if (parsed.GetValue(expect) is < 0) yield return "--expect-gpus must be 0 or more";
        if (parsed.GetValue(keep) is < 1 or > SweepHistory.MostKeep)
            yield return $"--history-sweeps must be from 1 to {SweepHistory.MostKeep}";
        if (parsed.GetValue(watch) && parsed.GetValue(this.history) is not null)
            yield return "--history goes with a sweep, --watch takes none";
    }
}
