using Bridge.ApiServer.Meta;

namespace Bridge.ApiServer.Store;

/// <summary>Everything at one revision, sorted by key. Never changes once published.</summary>
public sealed class StoreSnapshot<T>(ulong revision, StoredObject<T>[] sorted)
    where T : ApiObject
{
    public ulong Revision => revision;

    public ReadOnlySpan<StoredObject<T>> Objects => sorted;

    public StoredObject<T>? Find(ObjectKey key)
    {
        var at = LowerBound(key);
        return at < sorted.Length && sorted[at].Key == key ? sorted[at] : null;
    }

    /// <summary>The objects of a namespace; of all when it is empty.</summary>
    public ReadOnlyMemory<StoredObject<T>> In(string ns)
    {
        if (ns.Length == 0)
            return sorted;
        var start = LowerBound(new ObjectKey(ns, ""));
        // '\0' follows the namespace in no other one, so this is the first key past it.
        var end = LowerBound(new ObjectKey(ns + '\0', ""));
        return sorted.AsMemory(start..end);
    }

    /// <summary>A new snapshot with these keys set (or removed, where null).</summary>
    internal StoreSnapshot<T> With(ulong newRevision, Dictionary<ObjectKey, StoredObject<T>?> changes)
    {
        var keys = changes.Keys.ToArray();
        Array.Sort(keys);
        var merged = new List<StoredObject<T>>(sorted.Length + keys.Length);
        var from = 0;
        foreach (var key in keys)
        {
            var at = LowerBound(key);
            merged.AddRange(sorted.AsSpan(from..at));
            from = at < sorted.Length && sorted[at].Key == key ? at + 1 : at;
            if (changes[key] is { } now)
                merged.Add(now);
        }
        merged.AddRange(sorted.AsSpan(from..));
        return new StoreSnapshot<T>(newRevision, [.. merged]);
    }

    private int LowerBound(ObjectKey key)
    {
        var (low, high) = (0, sorted.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (sorted[middle].Key.CompareTo(key) < 0)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
