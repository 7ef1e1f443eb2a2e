namespace Bridge.ApiServer.Store;

/// <summary>
/// What is kept of an object at one resourceVersion. The object that clients see is made of it when one asks.
/// </summary>
public sealed class StoredObject<T>(StoreKey key, T value, ulong revision)
    where T : struct
{
    public StoreKey Key => key;

    public T Value => value;

    /// <summary>metadata.resourceVersion.</summary>
    public string Version => ResourceVersion.Format(revision);

    /// <summary>For <see cref="JsonCache{T}"/>.</summary>
    internal byte[]? Json { get; set; }

    /// <summary>The same object at another revision: how a deletion is told.</summary>
    internal StoredObject<T> At(ulong other) => new(key, value, other);
}
