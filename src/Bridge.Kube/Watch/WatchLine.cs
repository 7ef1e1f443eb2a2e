using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Bridge.Kube.Client;
using Bridge.Kube.Models;

namespace Bridge.Kube.Watch;

/// <summary>Decodes one line {"type":"…","object":{…}} from its bytes, without a string in between.</summary>
internal static class WatchLine
{
    private const string InitialEndAnnotation = "k8s.io/initial-events-end";

    /// <summary>
    /// The event of a line. A line that is not one becomes an Error event: the version before it is where to resume.
    /// </summary>
    public static WatchEvent<T> Read<T>(ReadOnlySpan<byte> line, JsonTypeInfo<T> item)
        where T : class
    {
        try
        {
            return Decode(line, item);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return WatchEvent<T>.Error(KubeFailure.NoAnswer($"a line of the watch is not an event: {e.Message}"));
        }
    }

    private static WatchEvent<T> Decode<T>(ReadOnlySpan<byte> line, JsonTypeInfo<T> item)
        where T : class
    {
        var reader = new Utf8JsonReader(line);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("not an object");
        WatchEventType? type = null;
        Utf8JsonReader later = default;
        var postponed = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                type = TypeOf(ref reader);
            }
            else if (reader.ValueTextEquals("object"u8))
            {
                reader.Read();
                if (type is { } known)
                    return Object(ref reader, known, item);
                // Servers write the type first; JSON does not oblige them to.
                later = reader;
                postponed = true;
                reader.Skip();
            }
            else
            {
                reader.Skip();
            }
        }
        return postponed && type is { } last ? Object(ref later, last, item)
            : throw new JsonException("no type, or no object");
    }

    private static WatchEventType TypeOf(ref Utf8JsonReader reader)
    {
        if (reader.ValueTextEquals("ADDED"u8))
            return WatchEventType.Added;
        if (reader.ValueTextEquals("MODIFIED"u8))
            return WatchEventType.Modified;
        if (reader.ValueTextEquals("DELETED"u8))
            return WatchEventType.Deleted;
        if (reader.ValueTextEquals("BOOKMARK"u8))
            return WatchEventType.Bookmark;
        return reader.ValueTextEquals("ERROR"u8) ? WatchEventType.Error
            : throw new JsonException($"unknown type '{reader.GetString()}'");
    }

    private static WatchEvent<T> Object<T>(ref Utf8JsonReader reader, WatchEventType type, JsonTypeInfo<T> item)
        where T : class
    {
        if (type == WatchEventType.Error)
        {
            var status = JsonSerializer.Deserialize(ref reader, CoreJson.Default.Status)
                ?? throw new JsonException("an error that is null");
            return WatchEvent<T>.Error(KubeFailure.From(status));
        }
        if (type == WatchEventType.Bookmark)
        {
            var mark = JsonSerializer.Deserialize(ref reader, CoreJson.Default.PartialObject)
                ?? throw new JsonException("a bookmark that is null");
            return new(type, null, Version(mark.Metadata.ResourceVersion),
                mark.Metadata.Annotations.GetValueOrDefault(InitialEndAnnotation) == "true");
        }
        var found = JsonSerializer.Deserialize(ref reader, item) ?? throw new JsonException("an object that is null");
        var identity = ObjectIdentity.Of(found);
        return identity.Key.Name.Length > 0
            ? new(type, found, Version(identity.ResourceVersion))
            : throw new JsonException("an object without a name");
    }

    private static string Version(string version) =>
        version.Length > 0 ? version : throw new JsonException("no resourceVersion");
}
