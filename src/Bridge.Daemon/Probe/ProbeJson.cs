using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Bridge.Core.Health;
using Bridge.Gpu.Nvml;

namespace Bridge.Daemon.Probe;

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
