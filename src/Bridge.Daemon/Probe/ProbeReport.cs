using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Bridge.Core.Health;
using Bridge.Gpu.Nccl;
using Bridge.Gpu.Nvml;

namespace Bridge.Daemon.Probe;

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

    /// <summary>Everything that did not pass and does apply; everything with --all.</summary>
    public IReadOnlyList<Verdict>? Verdicts { get; init; }

    public GpuSweep? Sweep { get; init; }
}

/// <summary>First line of a watch.</summary>
internal sealed record WatchStarted(int Version, string Watch, string? Library, IReadOnlyList<WatchedGpu> Gpus);

/// <summary>One event of a watch, with what the table says of it.</summary>
internal sealed record WatchEvent(
    int Version, string Watch, GpuEvent Event, string Name, string? Class, Severity? Severity,
    Consequence? Consequence, string? Text);

/// <summary>What the watching child writes: the start, an event, or a sign of life.</summary>
internal sealed record WatchLine(WatchStarted? Started, GpuEvent? Event, NvmlAnswer? Failed);

/// <summary>What <c>bridge probe nccl</c> prints, and what its child answers: one rank's view of the test.</summary>
internal sealed record NcclReport
{
    public int Version { get; init; } = 1;

    public string Probe { get; init; } = "nccl";

    public required ProbeOutcome Outcome { get; init; }

    public required string Why { get; init; }

    public string? Advice { get; init; }

    public required int Rank { get; init; }

    public required int Size { get; init; }

    public double TookMilliseconds { get; init; }

    /// <summary>"hang", "asyncError", "call" or "rendezvous", where the test did not come to its end.</summary>
    public string? Failure { get; init; }

    /// <summary>What was going on then.</summary>
    public string? During { get; init; }

    /// <summary>The native call that had begun last, where the child was ended or crashed.</summary>
    public string? LastCall { get; init; }

    public string? Library { get; init; }

    public string? NcclVersion { get; init; }

    /// <summary>PCI bus id of the GPU that was used.</summary>
    public string? PciBusId { get; init; }

    /// <summary>From the first call to a communicator that is up.</summary>
    public double? JoinMilliseconds { get; init; }

    public IReadOnlyList<AllReduceSize>? Sizes { get; init; }
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
[JsonSerializable(typeof(WatchLine))]
[JsonSerializable(typeof(WatchStarted))]
[JsonSerializable(typeof(WatchEvent))]
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
