using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Bridge.ApiServer.Meta;

namespace Bridge.ApiServer.Store;

/// <summary>
/// An object at one resourceVersion. Its JSON is made once, when first asked for, and shared by every list and watch.
/// </summary>
public sealed class StoredObject<T>(ObjectKey key, T value, JsonTypeInfo<T> json)
    where T : ApiObject
{
    private byte[]? utf8;

    public ObjectKey Key => key;

    public T Value => value;

    /// <summary>The whole object as UTF-8 JSON. Two readers that race both make the same bytes.</summary>
    public ReadOnlySpan<byte> Json => utf8 ??= JsonSerializer.SerializeToUtf8Bytes(value, json);

    /// <summary>The same object at another resourceVersion: how a deletion is told.</summary>
    public StoredObject<T> At(string resourceVersion)
    {
        ApiObject current = value;
        var moved = current with { Metadata = current.Metadata with { ResourceVersion = resourceVersion } };
        return new StoredObject<T>(key, (T)moved, json);
    }
}
