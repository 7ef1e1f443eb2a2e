using System.CommandLine;
using System.Text.Json;
using Bridge.Core.Health;
using Bridge.Gpu.Rules;

namespace Bridge.Daemon.Probe;

/// <summary>
/// <c>bridge probe nvml|nccl</c>: native checks, each in a child process of its own, JSON on standard output.
/// Exit codes: 0 healthy, 1 unhealthy, 2 usage, 3 broken, 4 unavailable (docs/gpu/probe.md).
/// </summary>
public static class ProbeCommand
{
    private static readonly Option<string?> Library = new("--library")
    {
        Description = "library to load; without it the driver's own",
    };

    private static readonly Option<double> Timeout = new("--timeout")
    {
        Description = "seconds before a probe that does not answer is ended",
        DefaultValueFactory = _ => 30,
    };

    private static readonly Option<string?> Rules = new("--rules")
    {
        Description = "folder with the site's own checks.json, products.json, bandwidth.json or xids.json",
    };

    /// <summary>The verb, for the composition root.</summary>
    public static Command Create()
    {
        Timeout.Validators.Add(result =>
        {
            if (!result.Tokens.All(t => double.TryParse(t.Value, out var s) && s is > 0 and <= 86400))
                result.AddError("--timeout must be a number of seconds above 0 and at most 86400");
        });
        var probe = new Command("probe", "Runs native GPU checks in child processes.")
        {
            Nvml(TimeProvider.System),
            new NcclCommand().Create(TimeProvider.System),
            new NcclCommand().CreateChild(TimeProvider.System),
            Child("child-nvml", library => NvmlChild.Sweep(library, TimeProvider.System)),
            Child("child-watch", library => NvmlChild.Watch(library, TimeProvider.System)),
        };
        return probe;
    }

    private static Command Nvml(TimeProvider time)
    {
        var expect = new Option<int?>("--expect-gpus") { Description = "how many GPUs this node should have" };
        var watch = new Option<bool>("--watch") { Description = "prints events as JSON lines until TERM" };
        var all = new Option<bool>("--all") { Description = "prints verdicts that passed or do not apply as well" };
        var command = new Command("nvml", "One sweep of everything that NVML tells, judged by the check table.")
        {
            Library, Timeout, Rules, expect, watch, all,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            var rules = HealthRulesLoader.Load(parsed.GetValue(Rules));
            if (rules.Rules is null) return Refuse(rules.Errors);
            if (parsed.GetValue(expect) is < 0) return Refuse(["--expect-gpus must be 0 or more"]);
            var options = new NvmlProbeOptions(
                parsed.GetValue(Library), TimeSpan.FromSeconds(parsed.GetValue(Timeout)), rules.Rules,
                new GpuExpectation(parsed.GetValue(expect)), parsed.GetValue(all));
            if (parsed.GetValue(watch)) return await new NvmlWatchProbe(time, Console.Out).RunAsync(options, cancel);
            var report = await new NvmlProbe(time).RunAsync(options, cancel);
            Console.Out.WriteLine(JsonSerializer.Serialize(report, ProbePrint.Json.NvmlReport));
            return NvmlProbe.ExitOf(report.Outcome);
        });
        return command;
    }

    private static Command Child(string name, Func<string?, int> run)
    {
        var command = new Command(name) { Library };
        command.Hidden = true;
        // Not async: an async action would take TERM for itself, and a hung native call would outlive it.
        command.SetAction(parsed => run(parsed.GetValue(Library)));
        return command;
    }

    internal static int Refuse(IReadOnlyList<string> errors)
    {
        foreach (var error in errors) Console.Error.WriteLine($"bridge probe: {error}");
        return ProbeExit.Usage;
    }
}
