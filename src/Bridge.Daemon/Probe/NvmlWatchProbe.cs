using System.Text.Json;
using Bridge.Core.Health;
using Bridge.Gpu.Nvml;

namespace Bridge.Daemon.Probe;

/// <summary>The parent side of <c>bridge probe nvml --watch</c>: JSON lines until TERM.</summary>
internal sealed class NvmlWatchProbe(TimeProvider time, TextWriter output)
{
    private static readonly Dictionary<string, string> NoVariables = [];

    private NvmlAnswer? failed;

    public async Task<int> RunAsync(NvmlProbeOptions options, CancellationToken cancel)
    {
        var child = new ChildProcess(time, options.Timeout);
        var result = await child.RunAsync(
            NvmlProbe.Verb("child-watch", options.Library), NoVariables, line => Hear(line, options.Rules), cancel);
        // A TERM is how a watch ends: nothing went wrong.
        if (result.End == ChildEnd.Cancelled) return ProbeExit.Healthy;
        var report = this.failed is { } failed ? OfFailure(failed, result) : NvmlProbe.Broken(result, options.Timeout);
        Write(JsonSerializer.Serialize(report, ProbePrint.Json.NvmlReport));
        return NvmlProbe.ExitOf(report.Outcome);
    }

    private static NvmlReport OfFailure(NvmlAnswer failed, ChildResult result) => new()
    {
        Outcome = failed.State == NvmlState.Failed ? ProbeOutcome.Broken : ProbeOutcome.Unavailable,
        Why = failed.Why,
        Advice = failed.Advice,
        State = failed.State,
        TookMilliseconds = result.Took.TotalMilliseconds,
    };

    private bool Hear(string text, HealthRules rules)
    {
        WatchMessage? line;
        try
        {
            line = JsonSerializer.Deserialize(text, ProbeJson.Default.WatchMessage);
        }
        catch (JsonException)
        {
            // Something else writes to the child's output. It proves nothing; the deadline decides.
            return false;
        }
        if (line?.Started is { } started) Write(JsonSerializer.Serialize(started, ProbePrint.Json.WatchStarted));
        if (line?.Event is { } seen)
            Write(JsonSerializer.Serialize(Explain(seen, rules), ProbePrint.Json.GpuWatchEvent));
        if (line?.Failed is { } failed) this.failed = failed;
        return true;
    }

    private static GpuWatchEvent Explain(GpuEvent seen, HealthRules rules)
    {
        var xid = seen.Kind == GpuEventKind.Xid;
        var rule = (xid ? rules.Xids : rules.Events).GetValueOrDefault(seen.Code);
        var follows = rule is null ? null : rules.Classes.GetValueOrDefault(rule.Class);
        var name = xid ? $"xid-{seen.Code}" : rule?.Name ?? $"nvml-event-{seen.Code}";
        return new GpuWatchEvent(
            1, "event", seen, name, rule?.Class, follows?.Severity, follows?.Consequence,
            rule?.Text ?? "not in the table: look it up in the driver's catalog");
    }

    private void Write(string line)
    {
        output.WriteLine(line);
        output.Flush();
    }
}

/// <summary>First line of a watch.</summary>
internal sealed record WatchStarted(int Version, string Watch, string? Library, IReadOnlyList<WatchedGpu> Gpus);

/// <summary>One event of a watch, with what the table says of it.</summary>
internal sealed record GpuWatchEvent(
    int Version, string Watch, GpuEvent Event, string Name, string? Class, Severity? Severity,
    Consequence? Consequence, string? Text);

/// <summary>What the watching child writes: the start, an event, or a sign of life.</summary>
internal sealed record WatchMessage(WatchStarted? Started, GpuEvent? Event, NvmlAnswer? Failed);
