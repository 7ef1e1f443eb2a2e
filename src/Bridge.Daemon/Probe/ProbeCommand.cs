using System.CommandLine;
using System.Text.Json;
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
            new NvmlCommand(Library, Timeout, Rules).Create(TimeProvider.System),
            new NcclCommand().Create(TimeProvider.System),
            new NcclCommand().CreateChild(TimeProvider.System),
            Compare(),
            Child("child-nvml", library => NvmlChild.Sweep(library, TimeProvider.System)),
            Child("child-watch", library => NvmlChild.Watch(library, TimeProvider.System)),
        };
        return probe;
    }

    private static Command Compare()
    {
        var files = new Argument<FileInfo[]>("FILE")
        {
            Description = "reports of bridge probe nccl, one a line",
            Arity = ArgumentArity.OneOrMore,
        };
        var command = new Command("compare", "Holds reports of many NCCL tests against each other and their lines.")
        {
            files, Rules,
        };
        command.SetAction(parsed =>
        {
            var rules = HealthRulesLoader.Load(parsed.GetValue(Rules));
            var (reports, errors) = CompareReader.Read(parsed.GetValue(files) ?? []);
            if (rules.Rules is null || errors.Count > 0) return Refuse([.. rules.Errors, .. errors]);
            var report = CompareProbe.Judge(reports, rules.Rules.Relative);
            Console.Out.WriteLine(JsonSerializer.Serialize(report, ProbePrint.Json.CompareReport));
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
