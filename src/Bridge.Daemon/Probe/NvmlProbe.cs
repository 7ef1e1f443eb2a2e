using System.Text.Json;
using Bridge.Core.Health;
using Bridge.Gpu.Nvml;

namespace Bridge.Daemon.Probe;

/// <summary>What <c>bridge probe nvml</c> was asked for.</summary>
internal sealed record NvmlProbeOptions(
    string? Library, TimeSpan Timeout, HealthRules Rules, GpuExpectation Expectation, bool All)
{
    /// <summary>Earlier sweeps of this node, oldest first.</summary>
    public IReadOnlyList<GpuSweep> History { get; init; } = [];
}

/// <summary>
/// The parent side of <c>bridge probe nvml</c>: runs the child, judges its answer, never calls NVML itself.
/// </summary>
internal sealed class NvmlProbe(TimeProvider time)
{
    private static readonly Dictionary<string, string> NoVariables = [];

    public async Task<NvmlReport> RunAsync(NvmlProbeOptions options, CancellationToken cancel)
    {
        var lines = new List<string>();
        var child = new ChildProcess(time, options.Timeout);
        var result = await child.RunAsync(
            Verb("child-nvml", options.Library), NoVariables,
            line =>
            {
                lines.Add(line);
                return false;
            },
            cancel);
        return result.End == ChildEnd.Answered ? Judge(options, lines, result) : Broken(result, options.Timeout);
    }

    /// <summary>Exit code of a report.</summary>
    public static int ExitOf(ProbeOutcome outcome) => outcome switch
    {
        ProbeOutcome.Healthy => ProbeExit.Healthy,
        ProbeOutcome.Unhealthy => ProbeExit.Unhealthy,
        ProbeOutcome.Unavailable => ProbeExit.Unavailable,
        _ => ProbeExit.Broken,
    };

    internal static List<string> Verb(string name, string? library) =>
        library is null ? [name] : [name, "--library", library];

    internal static NvmlReport Broken(ChildResult child, TimeSpan deadline)
    {
        var at = child.LastCall is null ? "before its first native call" : $"in {child.LastCall}";
        var (why, advice) = child.End switch
        {
            ChildEnd.TimedOut => (
                $"the probe hung {at} for more than {deadline.TotalSeconds} s and was ended",
                "a call that never returns is a sign of a wedged driver: look at dmesg, drain and reboot the node"),
            ChildEnd.NeverBegan => (
                $"the probe's process did not begin within {ChildProcess.BeginLimit.TotalSeconds} s",
                "this machine is overloaded or out of memory, or its disk hangs; nothing is known of its GPUs"),
            ChildEnd.Stuck => (
                $"the probe hangs {at} inside the kernel and cannot be killed",
                "only a reboot ends this process: drain the node first"),
            ChildEnd.Cancelled => ("the probe was cancelled before it had an answer", "run it again"),
            _ => (
                $"the probe ended with {child.ExitCode} {at}{BySignal(child.ExitCode)}: {LastLine(child.Complaint)}",
                "run it again; where it persists, the library or the driver is damaged"),
        };
        return new NvmlReport
        {
            Outcome = ProbeOutcome.Broken,
            Why = why,
            Advice = advice,
            LastCall = child.LastCall,
            TookMilliseconds = child.Took.TotalMilliseconds,
        };
    }

    private static NvmlReport Judge(NvmlProbeOptions options, List<string> lines, ChildResult child)
    {
        NvmlAnswer? answer;
        try
        {
            answer = lines.Count == 1 ? JsonSerializer.Deserialize(lines[0], ProbeJson.Default.NvmlAnswer) : null;
        }
        catch (JsonException)
        {
            answer = null;
        }
        if (answer is not { Version: 1 })
        {
            return Broken(child, options.Timeout) with
            {
                Why = $"the probe's answer is no answer of version 1: {lines.Count} lines of output",
                Advice = "something else writes to the probe's output; run it again with nothing preloaded",
            };
        }
        var report = new NvmlReport
        {
            Outcome = answer.State == NvmlState.Failed ? ProbeOutcome.Broken : ProbeOutcome.Unavailable,
            Why = answer.Why,
            Advice = answer.Advice,
            State = answer.State,
            Library = answer.Library,
            TookMilliseconds = child.Took.TotalMilliseconds,
            SweepMilliseconds = answer.Sweep is null ? null : answer.Milliseconds,
            Sweep = answer.Sweep,
        };
        return answer.Sweep is null ? report : WithHealth(report, answer, options);
    }

    private static NvmlReport WithHealth(NvmlReport report, NvmlAnswer answer, NvmlProbeOptions options)
    {
        var sweep = answer.Sweep!;
        if (answer.State == NvmlState.Ready && sweep.Gpus.Count == 0 && options.Expectation.Gpus is null or 0
            && sweep.Readings["node.gpu_count"].Value == 0)
        {
            return report with
            {
                Why = "the driver runs, but this machine has no GPU",
                Advice = "say how many there should be (--expect-gpus) to have this judged",
            };
        }
        var health = HealthEvaluator.Evaluate(new HealthInput
        {
            Current = sweep,
            History = options.History,
            Rules = options.Rules,
            Expectation = options.Expectation,
        });
        return report with
        {
            Outcome = health.Health switch
            {
                NodeHealth.Healthy => ProbeOutcome.Healthy,
                NodeHealth.Unhealthy => ProbeOutcome.Unhealthy,
                _ => ProbeOutcome.Broken,
            },
            Why = health.Why,
            Advice = answer.Advice.Length > 0 ? answer.Advice : null,
            Verdicts =
            [
                .. health.Verdicts.Where(v => options.All || v.Outcome is not (Outcome.Pass or Outcome.NotApplicable)),
            ],
        };
    }

    /// <summary>.NET tells a death by signal N as 128 + N, as shells do.</summary>
    private static string BySignal(int? exit) => exit is > 128 and <= 192 ? $", by signal {exit - 128}" : "";

    private static string LastLine(string complaint) =>
        complaint.Split('\n').LastOrDefault(l => l.Length > 0) ?? "it said nothing";
}

/// <summary>What the child of <c>bridge probe nvml</c> answers.</summary>
internal sealed record NvmlAnswer(
    int Version, NvmlState State, string Why, string Advice, string? Library, double Milliseconds, GpuSweep? Sweep);

/// <summary>What <c>bridge probe nvml</c> prints.</summary>
internal sealed record NvmlReport
{
    public int Version { get; init; } = 1;

    public string Probe { get; init; } = "nvml";

    public required ProbeOutcome Outcome { get; init; }

    public required string Why { get; init; }

    public string? Advice { get; init; }

    /// <summary>From the start of the child to its end.</summary>
    public required double TookMilliseconds { get; init; }

    /// <summary>The sweep alone, measured inside the child.</summary>
    public double? SweepMilliseconds { get; init; }

    public NvmlState? State { get; init; }

    public string? Library { get; init; }

    /// <summary>The native call that had begun last, where the child was ended or crashed.</summary>
    public string? LastCall { get; init; }

    /// <summary>The earlier sweeps that were looked at, with --history.</summary>
    public HistoryUse? History { get; init; }

    /// <summary>Everything that did not pass and does apply; everything with --all.</summary>
    public IReadOnlyList<Verdict>? Verdicts { get; init; }

    public GpuSweep? Sweep { get; init; }
}
