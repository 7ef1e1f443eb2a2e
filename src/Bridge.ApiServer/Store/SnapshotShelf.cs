using Bridge.ApiServer.Meta;

namespace Bridge.ApiServer.Store;

/// <summary>
/// Snapshots that a client reads page by page. A snapshot shares its objects with the next one, so keeping some costs
/// little; still both their number and their age are bounded (etcd compacts after five minutes, so clients expect no
/// more).
/// </summary>
internal sealed class SnapshotShelf<T>(TimeProvider time)
    where T : ApiObject
{
    private const int MostKept = 64;
    private static readonly TimeSpan s_longestKept = TimeSpan.FromMinutes(5);

    private readonly Lock _gate = new();
    private readonly List<(StoreSnapshot<T> Snapshot, long PutAt)> _kept = [];

    public void Put(StoreSnapshot<T> snapshot)
    {
        lock (_gate)
        {
            DropOld();
            _kept.RemoveAll(k => k.Snapshot.Revision == snapshot.Revision);
            if (_kept.Count == MostKept)
                _kept.RemoveAt(0);
            _kept.Add((snapshot, time.GetTimestamp()));
        }
    }

    public StoreSnapshot<T>? Find(ulong revision)
    {
        lock (_gate)
        {
            DropOld();
            return _kept.Find(k => k.Snapshot.Revision == revision).Snapshot;
        }
    }

    private void DropOld() => _kept.RemoveAll(k => time.GetElapsedTime(k.PutAt) > s_longestKept);
}
