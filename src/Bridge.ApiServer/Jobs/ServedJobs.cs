using Bridge.ApiServer.Store;

namespace Bridge.ApiServer.Jobs;

/// <summary>
/// The jobs of all SlurmClusters as one resource, served from the start: while nothing is known a list is refused with
/// the cluster that is waited for, and once one cluster is read, what lacks is a warning.
/// </summary>
public sealed class ServedJobs
{
    /// <summary>
    /// So many changes may a watch lag behind: a busy cluster of 10,000 jobs turned over once, and some.
    /// </summary>
    public const int DefaultEventsKept = 16_384;

    private readonly Lock gate = new();
    private readonly SortedDictionary<string, JobStore> clusters = new(StringComparer.Ordinal);
    private bool listed;

    public ServedJobs(TimeProvider time, Random random, int eventsKept = DefaultEventsKept)
    {
        Objects = new(SlurmJobKind.JsonOf, SlurmJobKind.Indexed, time, random, eventsKept);
        Publish();
    }

    public ObjectStore<ServedJob> Objects { get; }

    /// <summary>
    /// Says which SlurmClusters there are. The jobs of one that is not among them any more are deleted; of one that is
    /// new, it is said that they are not known yet.
    /// </summary>
    public void Follow(IReadOnlySet<string> names)
    {
        List<JobStore> gone;
        lock (gate)
        {
            if (listed && names.SetEquals(clusters.Keys))
                return;
            listed = true;
            gone = [.. clusters.Values.Where(c => !names.Contains(c.Cluster))];
            foreach (var cluster in gone)
                clusters.Remove(cluster.Cluster);
            foreach (var name in names.Where(n => !clusters.ContainsKey(n)))
                clusters.Add(name, new JobStore(name, Objects, Publish));
        }
        foreach (var cluster in gone)
            cluster.Close();
        Publish();
    }

    /// <summary>The jobs of one cluster, for who feeds them; null when there is no such SlurmCluster.</summary>
    public JobStore? Find(string cluster)
    {
        lock (gate)
            return clusters.GetValueOrDefault(cluster);
    }

    private void Publish()
    {
        lock (gate)
        {
            var unread = string.Join("; ", clusters.Values.Select(c => c.Unread).Where(u => u.Length > 0));
            var stale = string.Join("; ", clusters.Values.Select(c => c.Stale).Where(s => s.Length > 0));
            var known = listed && (clusters.Count == 0 || clusters.Values.Any(c => c.Unread.Length == 0));
            Objects.Warning = unread.Length > 0 && stale.Length > 0 ? $"{unread}; {stale}" : unread + stale;
            Objects.Unknown = known ? "" : listed ? unread : "which SlurmClusters there are has not been read yet";
        }
    }
}
