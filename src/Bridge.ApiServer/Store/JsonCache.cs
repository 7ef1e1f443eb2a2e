namespace Bridge.ApiServer.Store;

/// <summary>
/// The JSON that was asked for last: made once and shared by all lists and watches, and let go of, the oldest first,
/// above a number of bytes.
/// </summary>
internal sealed class JsonCache<T>(Func<StoredObject<T>, byte[]> make, long mostBytes)
    where T : struct
{
    private readonly Lock gate = new();
    private readonly Queue<StoredObject<T>> kept = new();
    private long bytes;

    public ReadOnlySpan<byte> Of(StoredObject<T> stored)
    {
        if (stored.Json is { } known)
            return known;
        var made = make(stored);
        lock (gate)
        {
            if (stored.Json is { } other)
                return other; // two that raced make the same
            stored.Json = made;
            kept.Enqueue(stored);
            for (bytes += made.Length; bytes > mostBytes;)
            {
                var oldest = kept.Dequeue();
                bytes -= oldest.Json!.Length;
                oldest.Json = null;
            }
        }
        return made;
    }
}
