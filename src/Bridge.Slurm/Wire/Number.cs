using System.Text.Json;
using System.Text.Json.Serialization;

namespace Bridge.Slurm.Wire;

/// <summary>
/// A *_no_val_struct ({"set":true,"infinite":false,"number":60}). Some versions write the same field as a plain number:
/// that reads too.
/// </summary>
[JsonConverter(typeof(NumberConverter))]
internal readonly record struct Number(bool Set, bool Infinite, long Value)
{
    /// <summary>The value; null when it is not set, or infinite.</summary>
    public long? OrNull => Set && !Infinite ? Value : null;

    /// <summary>A time in unix seconds; null when not set, and for zero, which Slurm writes for "never".</summary>
    public DateTimeOffset? Time =>
        OrNull is > 0 and < 253_402_300_800 ? DateTimeOffset.FromUnixTimeSeconds(Value) : null;

    public static Number Of(long value) => new(true, false, value);

    public static Number Unlimited => new(false, true, 0);
}

internal sealed class NumberConverter : JsonConverter<Number>
{
    public override Number Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Number)
            return Number.Of(Whole(ref reader));
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return default;
        }
        var (set, infinite, value) = (false, false, 0L);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueTextEquals("set"u8) ? 's' : reader.ValueTextEquals("infinite"u8) ? 'i'
                : reader.ValueTextEquals("number"u8) ? 'n' : '?';
            reader.Read();
            if (name == 's')
                set = reader.TokenType == JsonTokenType.True;
            else if (name == 'i')
                infinite = reader.TokenType == JsonTokenType.True;
            else if (name == 'n' && reader.TokenType == JsonTokenType.Number)
                value = Whole(ref reader);
            else
                reader.Skip();
        }
        return new Number(set, infinite, value);
    }

    public override void Write(Utf8JsonWriter writer, Number value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteBoolean("set"u8, value.Set);
        writer.WriteBoolean("infinite"u8, value.Infinite);
        writer.WriteNumber("number"u8, value.Value);
        writer.WriteEndObject();
    }

    private static long Whole(ref Utf8JsonReader reader) =>
        reader.TryGetInt64(out var whole) ? whole : reader.TryGetDouble(out var real) && Math.Abs(real) < 9e18
            ? (long)real : 0;
}
