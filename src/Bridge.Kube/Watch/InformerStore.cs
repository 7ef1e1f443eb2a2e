using System.Collections.Immutable;
using Bridge.Kube.Models;

namespace Bridge.Kube.Watch;

public enum ChangeType
{
    Added,
    Modified,
    Deleted,
}

/// <summary>
/// One difference between two snapshots. Item is the new one, or for Deleted the last that was known.
/// </summary>
public readonly record struct ObjectChange<T>(ChangeType Type, ObjectKey Key, T Item)
    where T : class;

/// <summary>The objects of one kind as an immutable snapshot, and how events change it.</summary>
internal sealed class InformerStore<T>
    where T : class
{
    private ImmutableDictionary<ObjectKey, T> objects = ImmutableDictionary<ObjectKey, T>.Empty;

    /// <summary>A new value for every batch that changed something.</summary>
    public ImmutableDictionary<ObjectKey, T> Snapshot => Volatile.Read(ref objects);

    /// <summary>Takes in a batch of events; a repeated event changes nothing.</summary>
    public List<ObjectChange<T>> Apply(IReadOnlyList<WatchEvent<T>> events)
    {
        var objects = this.objects.ToBuilder();
        var changes = new List<ObjectChange<T>>();
        foreach (var happened in events)
        {
            if (happened.Object is not { } found)
                continue;
            var key = ObjectIdentity.Of(found).Key;
            if (happened.Type != WatchEventType.Deleted)
                Put(objects, key, found, changes);
            else if (objects.Remove(key))
                changes.Add(new(ChangeType.Deleted, key, found));
        }
        Volatile.Write(ref this.objects, objects.ToImmutable());
        return changes;
    }

    /// <summary>Takes a whole list in place of what was there. What is not in it any more is told as deleted.</summary>
    public List<ObjectChange<T>> Replace(Dictionary<ObjectKey, T> listed)
    {
        var objects = this.objects.ToBuilder();
        var changes = new List<ObjectChange<T>>();
        foreach (var (key, gone) in this.objects)
        {
            if (!listed.ContainsKey(key) && objects.Remove(key))
                changes.Add(new(ChangeType.Deleted, key, gone));
        }
        foreach (var (key, found) in listed)
            Put(objects, key, found, changes);
        Volatile.Write(ref this.objects, objects.ToImmutable());
        return changes;
    }

    private static void Put(
        ImmutableDictionary<ObjectKey, T>.Builder objects, ObjectKey key, T found, List<ObjectChange<T>> changes)
    {
        var known = objects.GetValueOrDefault(key);
        var (_, uid, version) = ObjectIdentity.Of(found);
        var (_, knownUid, knownVersion) = known is null ? default : ObjectIdentity.Of(known);
        if (known is not null && knownVersion == version)
            return;
        // Deleted and made anew while nobody looked: the old one's end must not be missed.
        if (known is not null && knownUid != uid)
        {
            changes.Add(new(ChangeType.Deleted, key, known));
            known = null;
        }
        objects[key] = found;
        changes.Add(new(known is null ? ChangeType.Added : ChangeType.Modified, key, found));
    }
}
