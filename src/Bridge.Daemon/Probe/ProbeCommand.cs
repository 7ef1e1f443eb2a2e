using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Bridge.Core.Health;
using Bridge.Gpu.Nvml;
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

/// <summary>Exit codes of <c>bridge probe</c>: they tell a sick machine from a sick probe.</summary>
internal static class ProbeExit
{
    /// <summary>The probe ran, and no check asks for a drain.</summary>
    public const int Healthy = 0;

    /// <summary>The probe ran, and a check failed.</summary>
    public const int Unhealthy = 1;

    /// <summary>The command line or a rules file is wrong.</summary>
    public const int Usage = 2;

    /// <summary>
    /// The probe gave no usable answer: crash, hang, bad answer, or a critical datum that cannot be read.
    /// </summary>
    public const int Broken = 3;

    /// <summary>There is nothing to probe: no library, no driver, no device, no permission.</summary>
    public const int Unavailable = 4;
}

/// <summary>What a probe found, as in the report.</summary>
internal enum ProbeOutcome
{
    Healthy,
    Unhealthy,
    Broken,
    Unavailable,
}

/// <summary>JSON of the probes: camelCase, enums as text, absent values left out.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters =
    [
        typeof(TextOf<ProbeOutcome>), typeof(TextOf<NvmlState>), typeof(TextOf<Absence>), typeof(TextOf<Outcome>),
        typeof(TextOf<Severity>), typeof(TextOf<Consequence>), typeof(TextOf<GpuEventKind>),
    ])]
[JsonSerializable(typeof(NvmlAnswer))]
[JsonSerializable(typeof(NvmlReport))]
[JsonSerializable(typeof(NcclReport))]
[JsonSerializable(typeof(CompareReport))]
[JsonSerializable(typeof(WatchMessage))]
[JsonSerializable(typeof(WatchStarted))]
[JsonSerializable(typeof(GpuWatchEvent))]
internal sealed partial class ProbeJson : JsonSerializerContext;

/// <summary>The same for printing: apostrophes stay as they are for people. Nothing here ends up in HTML.</summary>
internal static class ProbePrint
{
    public static readonly ProbeJson Json = new(new JsonSerializerOptions(ProbeJson.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}

/// <summary>An enum as camelCase text.</summary>
internal sealed class TextOf<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase, allowIntegerValues: false)
    where T : struct, Enum;
