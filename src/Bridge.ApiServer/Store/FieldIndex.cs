using System.Collections.Immutable;

namespace Bridge.ApiServer.Store;

/// <summary>A field by whose values objects are found without a walk over all of them.</summary>
/// <param name="Path">As field selectors name it.</param>
/// <param name="Text">What an object has in it.</param>
/// <param name="Values">The values that are named by such a text; an object is found by each of them.</param>
public sealed record IndexedField<T>(string Path, Func<T, string> Text, Func<string, IReadOnlyList<string>> Values)
    where T : struct;

/// <summary>Which objects of a snapshot have a value of a field. Never changes once made.</summary>
internal sealed class FieldIndex<T>
    where T : struct
{
    private readonly IndexedField<T> of;
    private readonly ImmutableDictionary<string, ImmutableSortedSet<StoreKey>> keys;

    public FieldIndex(IndexedField<T> field)
        : this(field, ImmutableDictionary.Create<string, ImmutableSortedSet<StoreKey>>(StringComparer.Ordinal))
    {
    }

    private FieldIndex(IndexedField<T> field, ImmutableDictionary<string, ImmutableSortedSet<StoreKey>> keys) =>
        (of, this.keys) = (field, keys);

    public string Path => of.Path;

    public ImmutableSortedSet<StoreKey> Find(string value) => keys.GetValueOrDefault(value, []);

    /// <summary>The index after these changes: from what was stored to what is.</summary>
    public FieldIndex<T> With(IEnumerable<(StoreKey Key, StoredObject<T>? Before, StoredObject<T>? After)> changes)
    {
        var touched = new Dictionary<string, ImmutableSortedSet<StoreKey>.Builder>(StringComparer.Ordinal);
        foreach (var (key, before, after) in changes)
        {
            var was = before is null ? null : of.Text(before.Value);
            var now = after is null ? null : of.Text(after.Value);
            if (was == now)
                continue;
            foreach (var value in was is null ? [] : of.Values(was))
                Touch(value).Remove(key);
            foreach (var value in now is null ? [] : of.Values(now))
                Touch(value).Add(key);
        }
        if (touched.Count == 0)
            return this;
        var next = keys.ToBuilder();
        foreach (var (value, found) in touched)
            if (found.Count > 0)
                next[value] = found.ToImmutable();
            else
                next.Remove(value);
        return new FieldIndex<T>(of, next.ToImmutable());

        ImmutableSortedSet<StoreKey>.Builder Touch(string value)
        {
            if (!touched.TryGetValue(value, out var found))
                touched[value] = found = Find(value).ToBuilder();
            return found;
        }
    }
}
