using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Bridge.ApiServer.Meta;

/// <summary>metav1.Time: RFC 3339 in UTC with whole seconds, "2026-01-02T03:04:05Z".</summary>
public sealed class UtcSeconds : JsonConverter<DateTimeOffset>
{
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options)
    {
        Span<byte> text = stackalloc byte[20];
        value.UtcDateTime.TryFormat(text, out var length, Format, CultureInfo.InvariantCulture);
        writer.WriteStringValue(text[..length]);
    }
}
