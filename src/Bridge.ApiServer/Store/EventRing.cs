namespace Bridge.ApiServer.Store;

/// <summary>
/// The newest changes, found by revision. Revisions are consecutive, so a watcher needs nothing but the last revision
/// that it has seen: a slow one holds no memory and blocks nobody, it finds one day that its place is gone. Kept is
/// what the objects are made of, and not their JSON. Not thread-safe.
/// </summary>
internal sealed class EventRing<T>(int capacity, ulong origin)
    where T : struct
{
    private readonly StoreEvent<T>?[] events = new StoreEvent<T>?[capacity];
    private ulong added;

    /// <summary>The revision of the newest event, or the origin before the first.</summary>
    public ulong Newest => origin + added;

    /// <summary>The oldest revision that a watch can still continue after.</summary>
    public ulong Oldest => Newest - Math.Min(added, (ulong)capacity);

    public void Add(StoreEvent<T> change)
    {
        added++;
        events[Slot(change.Revision)] = change;
    }

    public StoreEvent<T> this[ulong revision] =>
        events[Slot(revision)] ?? throw new ArgumentOutOfRangeException(nameof(revision));

    private int Slot(ulong revision) => (int)((revision - origin) % (ulong)capacity);
}
