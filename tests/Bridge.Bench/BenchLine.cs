using System.Text.Json;
using System.Text.Json.Serialization;

namespace Bridge.Bench;

/// <summary>One measured figure, printed as one JSON line.</summary>
/// <param name="Bench">Name of the bench, as given on the command line.</param>
/// <param name="Figure">Name of the figure; the unit is part of it where it is not obvious.</param>
/// <param name="Value">What was measured, in <paramref name="Unit"/>.</param>
/// <param name="Unit">"ms", "bytes", "tests", "1" …</param>
/// <param name="Limit">The most this figure may be, in the same unit; null where there is no promise.</param>
/// <param name="RatioTo">Value divided by a named yardstick, e.g. "1.8 x exhaustive pairs"; null where there is
/// none.</param>
public sealed record BenchLine(
    string Bench, string Figure, double Value, string Unit, double? Limit = null, string? RatioTo = null)
{
    /// <summary>True where the figure keeps its limit, or has none.</summary>
    [JsonIgnore]
    public bool Holds => Limit is not { } limit || Value <= limit;

    /// <summary>Prints the line to standard output and says whether the limit holds.</summary>
    public bool Print()
    {
        Console.Out.WriteLine(JsonSerializer.Serialize(this, BenchJson.Default.BenchLine));
        if (!Holds) Console.Error.WriteLine($"bench {Bench}: {Figure} is {Value} {Unit}, its limit is {Limit} {Unit}");
        return Holds;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(BenchLine))]
internal sealed partial class BenchJson : JsonSerializerContext;
