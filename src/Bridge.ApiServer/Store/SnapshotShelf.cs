namespace Bridge.ApiServer.Store;

/// <summary>
/// Snapshots that a client reads page by page. A snapshot shares its objects with the next one, so keeping some costs
/// little; still both their number and their age are bounded (etcd compacts after five minutes, so clients expect no
/// more).
/// </summary>
internal sealed class SnapshotShelf<T>(TimeProvider time)
    where T : struct
{
    private const int MostKept = 64;
    private static readonly TimeSpan LongestKept = TimeSpan.FromMinutes(5);

    private readonly Lock gate = new();
    private readonly List<(StoreSnapshot<T> Snapshot, long PutAt)> kept = [];

    public void Put(StoreSnapshot<T> snapshot)
    {
        lock (gate)
        {
            DropOld();
            kept.RemoveAll(k => k.Snapshot.Revision == snapshot.Revision);
            if (kept.Count == MostKept)
                kept.RemoveAt(0);
            kept.Add((snapshot, time.GetTimestamp()));
        }
    }

    public StoreSnapshot<T>? Find(ulong revision)
    {
        lock (gate)
        {
            DropOld();
            return kept.Find(k => k.Snapshot.Revision == revision).Snapshot;
        }
    }

    private void DropOld() => kept.RemoveAll(k => time.GetElapsedTime(k.PutAt) > LongestKept);
}
