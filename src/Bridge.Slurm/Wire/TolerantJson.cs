using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;

namespace Bridge.Slurm.Wire;

/// <summary>
/// Reads an answer of which some part is odd. Slurm passes on whatever bytes a user wrote, and versions differ in
/// types: such a byte costs a character, such a number or object the one record that holds it, never the whole list.
/// </summary>
internal static class TolerantJson
{
    /// <summary>The answer, with the records in Unread that could not be read; null for a body "null".</summary>
    /// <exception cref="JsonException">Not whole JSON, or odd outside its records.</exception>
    public static T? Read<T>(ReadOnlySpan<byte> body, JsonTypeInfo<T> type)
        where T : Envelope
    {
        try
        {
            return JsonSerializer.Deserialize(body, type);
        }
        catch (JsonException)
        {
            var text = Clean(body);
            var unread = new List<string>();
            var value = JsonSerializer.Deserialize(Readable(text, type, unread), type);
            return value is null ? null : value with { Unread = unread };
        }
    }

    // Valid UTF-8, and blanks for the control characters that JSON forbids within strings and ignores outside of them.
    private static byte[] Clean(ReadOnlySpan<byte> body)
    {
        var text = Utf8.IsValid(body) ? body.ToArray() : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(body));
        foreach (ref var one in text.AsSpan())
            if (one < (byte)' ')
                one = (byte)' ';
        return text;
    }

    // The same document without the elements of its arrays that do not fit.
    private static ReadOnlySpan<byte> Readable<T>(byte[] text, JsonTypeInfo<T> type, List<string> unread)
    {
        var output = new ArrayBufferWriter<byte>(text.Length);
        var reader = new Utf8JsonReader(text);
        var copied = 0;
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            return text;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var property = text.AsSpan(
                    (int)reader.TokenStartIndex, (int)(reader.BytesConsumed - reader.TokenStartIndex));
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartArray)
            {
                reader.Skip();
                continue;
            }
            output.Write(text.AsSpan(copied, (int)reader.BytesConsumed - copied));
            var first = true;
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                var element = text.AsSpan(start, (int)reader.BytesConsumed - start);
                if (!Fits(property, element, type))
                {
                    unread.Add(NameOf(element));
                    continue;
                }
                if (!first)
                    output.Write(","u8);
                first = false;
                output.Write(element);
            }
            copied = (int)reader.TokenStartIndex;
        }
        output.Write(text.AsSpan(copied));
        return output.WrittenSpan;
    }

    private static bool Fits<T>(ReadOnlySpan<byte> property, ReadOnlySpan<byte> element, JsonTypeInfo<T> type)
    {
        try
        {
            JsonSerializer.Deserialize(
                (ReadOnlySpan<byte>)[(byte)'{', .. property, (byte)'[', .. element, .. "]}"u8], type);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Its name or job id; "" when it has none that can be read.</summary>
    private static string NameOf(ReadOnlySpan<byte> element)
    {
        var reader = new Utf8JsonReader(element);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            return "";
        var name = "";
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (id, named) = (reader.ValueTextEquals("job_id"u8), reader.ValueTextEquals("name"u8));
            reader.Read();
            if (id && reader.TokenType == JsonTokenType.Number && reader.TryGetUInt32(out var number))
                return number.ToString(System.Globalization.CultureInfo.InvariantCulture);
            if (named && reader.TokenType == JsonTokenType.String)
                name = Encoding.UTF8.GetString(reader.ValueSpan);
            reader.Skip();
        }
        return name;
    }
}
