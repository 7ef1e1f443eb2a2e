using System.Collections.Immutable;

namespace Bridge.ApiServer.Store;

/// <summary>
/// Everything at one revision, sorted by key, with the indexes of it. Never changes once published; the next one shares
/// with it all that did not change.
/// </summary>
public sealed class StoreSnapshot<T>
    where T : struct
{
    private static readonly IComparer<StoredObject<T>> ByKey =
        Comparer<StoredObject<T>>.Create((a, b) => a.Key.CompareTo(b.Key));

    private readonly ImmutableSortedSet<StoredObject<T>> objects;
    private readonly ImmutableArray<FieldIndex<T>> indexes;

    internal StoreSnapshot(ulong revision, IEnumerable<IndexedField<T>> indexed)
        : this(revision, ImmutableSortedSet.Create(ByKey), [.. indexed.Select(i => new FieldIndex<T>(i))])
    {
    }

    private StoreSnapshot(
        ulong revision, ImmutableSortedSet<StoredObject<T>> objects, ImmutableArray<FieldIndex<T>> indexes) =>
        (Revision, this.objects, this.indexes) = (revision, objects, indexes);

    public ulong Revision { get; }

    public IReadOnlyList<StoredObject<T>> Objects => objects;

    public StoredObject<T>? Find(StoreKey key) =>
        objects.TryGetValue(Probe(key), out var found) ? found : null;

    /// <summary>How many objects a namespace has, after a key.</summary>
    public int Count(string ns, StoreKey? after = null) => RangeOf(ns, after) is var (start, end) ? end - start : 0;

    /// <summary>The objects of a namespace, of all when it is empty, by key.</summary>
    /// <param name="ns">The namespace.</param>
    /// <param name="after">Where to begin: after this key.</param>
    /// <param name="required">
    /// Fields that must have a value. Where one is indexed only what has it is looked at; the others may come too.
    /// </param>
    public IEnumerable<StoredObject<T>> In(
        string ns, StoreKey? after = null, IEnumerable<(string Path, string Value)>? required = null)
    {
        var (start, end) = RangeOf(ns, after);
        ImmutableSortedSet<StoreKey>? fewest = null;
        foreach (var (path, value) in required ?? [])
            if (indexes.FirstOrDefault(i => i.Path == path)?.Find(value) is { } found
                && found.Count < (fewest?.Count ?? end - start))
                fewest = found;
        return fewest is null ? Walk(start, end) : Walk(fewest, ns, after);
    }

    /// <summary>A new snapshot with these keys set (or removed, where null).</summary>
    internal StoreSnapshot<T> With(ulong newRevision, IReadOnlyDictionary<StoreKey, StoredObject<T>?> changes)
    {
        var next = objects.ToBuilder();
        var steps = new List<(StoreKey Key, StoredObject<T>? Before, StoredObject<T>? After)>(changes.Count);
        foreach (var (key, after) in changes)
        {
            var before = Find(key);
            if (before is not null)
                next.Remove(before);
            if (after is not null)
                next.Add(after);
            steps.Add((key, before, after));
        }
        return new StoreSnapshot<T>(newRevision, next.ToImmutable(), [.. indexes.Select(i => i.With(steps))]);
    }

    private IEnumerable<StoredObject<T>> Walk(int start, int end)
    {
        for (var i = start; i < end; i++)
            yield return objects[i];
    }

    private IEnumerable<StoredObject<T>> Walk(ImmutableSortedSet<StoreKey> keys, string ns, StoreKey? after)
    {
        var at = keys.IndexOf(after is { } last && last > new StoreKey(ns, "") ? last : new StoreKey(ns, ""));
        for (var i = at < 0 ? ~at : at + 1; i < keys.Count; i++) // no object has the name ""
        {
            if (ns.Length > 0 && keys[i].Namespace != ns)
                yield break;
            yield return Find(keys[i])!;
        }
    }

    private (int Start, int End) RangeOf(string ns, StoreKey? after)
    {
        var start = ns.Length == 0 ? 0 : PlaceAfter(new StoreKey(ns, ""));
        if (after is { } last)
            start = Math.Max(start, PlaceAfter(last));
        // '\0' follows the namespace in no other one, so this is the first key past it.
        var end = ns.Length == 0 ? objects.Count : PlaceAfter(new StoreKey(ns + '\0', ""));
        return (start, Math.Max(start, end));
    }

    private int PlaceAfter(StoreKey key) => objects.IndexOf(Probe(key)) is var at && at < 0 ? ~at : at + 1;

    private static StoredObject<T> Probe(StoreKey key) => new(key, default, 0);
}
