namespace Bridge.ApiServer.Store;

/// <summary>
/// The objects of one resource with their recent past. One writer, any number of readers.
/// <para>
/// A resourceVersion is a decimal number, as Kubernetes asks since KEP-5504: the second in which this store was made,
/// in the upper 32 bits, a random place in the lower half of that second, and the number of changes since. It grows
/// within a life of the daemon and from one life to the next, and one of another life or replica is not between the
/// oldest and the newest of this one, which is how it is recognised: also of a replica that began in the same second.
/// </para>
/// </summary>
public sealed class ObjectStore<T>
    where T : struct
{
    /// <summary>So much JSON is kept of what was asked for last: lists of some 20,000 jobs.</summary>
    public const long JsonBytesKept = 16 << 20;

    private static readonly DateTimeOffset YearZero = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly Lock gate = new();
    private readonly JsonCache<T> json;
    private readonly EventRing<T> ring;
    private readonly SnapshotShelf<T> shelf;
    private StoreSnapshot<T> current;
    private TaskCompletionSource changed = NewSignal();

    /// <param name="json">How the object is written that clients see.</param>
    /// <param name="indexed">Fields by which objects are asked for.</param>
    /// <param name="time">Tells the epoch and when a page's snapshot lapses.</param>
    /// <param name="random">Tells stores apart that begin in the same second.</param>
    /// <param name="eventsKept">How many changes a watch may lag behind before it must list anew.</param>
    public ObjectStore(Func<StoredObject<T>, byte[]> json, IReadOnlyList<IndexedField<T>> indexed, TimeProvider time,
        Random random, int eventsKept = 16_384)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(eventsKept, 1);
        this.json = new JsonCache<T>(json, JsonBytesKept);
        var origin = (ulong)(time.GetUtcNow() - YearZero).TotalSeconds << 32 | (uint)random.Next();
        ring = new EventRing<T>(eventsKept, origin);
        shelf = new SnapshotShelf<T>(time);
        current = new StoreSnapshot<T>(origin, indexed);
    }

    /// <summary>The newest snapshot. It says nothing while <see cref="Unknown"/> gives a reason.</summary>
    public StoreSnapshot<T> Current => Volatile.Read(ref current);

    /// <summary>
    /// Why nothing is known of the objects, in a sentence; empty when something is. Until the feeder says so, nothing
    /// is: what nobody has read yet is unknown, not empty.
    /// </summary>
    public string Unknown { get => Volatile.Read(ref field); set => Volatile.Write(ref field, value); } =
        "nobody has read them yet";

    /// <summary>
    /// Why the snapshot may be old or lack something, in a sentence; empty while all is read. Clients see it.
    /// </summary>
    public string Warning { get => Volatile.Read(ref field); set => Volatile.Write(ref field, value); } = "";

    /// <summary>
    /// A snapshot by its revision: the current one, or one that a page was cut from. Null when it is gone.
    /// </summary>
    public StoreSnapshot<T>? At(ulong revision) =>
        Current is var now && now.Revision == revision ? now : shelf.Find(revision);

    /// <summary>The whole object as UTF-8 JSON.</summary>
    public ReadOnlySpan<byte> Json(StoredObject<T> stored) => json.Of(stored);

    /// <summary>Keeps a snapshot for its next page: a few minutes, and a few snapshots.</summary>
    public void Keep(StoreSnapshot<T> snapshot) => shelf.Put(snapshot);

    /// <summary>
    /// Publishes changes in their order; deleting what is not there is no change. Returns how many events it made.
    /// </summary>
    public int Apply(IReadOnlyCollection<ObjectChange<T>> changes)
    {
        TaskCompletionSource wake;
        int made;
        lock (gate)
        {
            var before = ring.Newest;
            var touched = new Dictionary<StoreKey, StoredObject<T>?>();
            foreach (var change in changes)
                ApplyOne(change, touched);
            made = (int)(ring.Newest - before);
            if (made == 0)
                return 0;
            Volatile.Write(ref current, current.With(ring.Newest, touched));
            (wake, changed) = (changed, NewSignal());
        }
        wake.SetResult();
        return made;
    }

    /// <summary>
    /// Copies the events after a revision, at most the buffer's length. Null: that place in the past is gone, or never
    /// was.
    /// </summary>
    public int? Read(ulong after, Span<StoreEvent<T>> buffer)
    {
        lock (gate)
        {
            if (after < ring.Oldest || after > ring.Newest)
                return null;
            var count = (int)Math.Min((ulong)buffer.Length, ring.Newest - after);
            for (var i = 0; i < count; i++)
                buffer[i] = ring[after + (ulong)i + 1];
            return count;
        }
    }

    /// <summary>Completes when something after this revision can be read, at once if it can already.</summary>
    public Task ChangedAfter(ulong revision)
    {
        lock (gate)
            return ring.Newest > revision ? Task.CompletedTask : changed.Task;
    }

    private void ApplyOne(ObjectChange<T> change, Dictionary<StoreKey, StoredObject<T>?> touched)
    {
        if (!touched.TryGetValue(change.Key, out var before))
            before = current.Find(change.Key);
        if (change.Value is null && before is null)
            return;
        var revision = ring.Newest + 1;
        var after = change.Value is { } value ? new StoredObject<T>(change.Key, value, revision) : null;
        ring.Add(new StoreEvent<T>(revision, before, after));
        touched[change.Key] = after;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
