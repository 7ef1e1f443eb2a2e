using System.Globalization;
using Bridge.ApiServer.Store;
using Bridge.Core.Model;
using Bridge.Core.Names;

namespace Bridge.ApiServer.Jobs;

/// <summary>
/// The jobs of one SlurmCluster among those that are served. Feed it whole snapshots: it finds out by itself what
/// changed and tells the watchers that, and only that.
/// </summary>
/// <param name="cluster">Of whose jobs.</param>
/// <param name="objects">Where they are served, beside those of other clusters.</param>
/// <param name="noted">Called when <see cref="Unread"/> or <see cref="Stale"/> changed.</param>
public sealed class JobStore(string cluster, ObjectStore<SlurmJobObject> objects, Action noted)
{
    private readonly Lock gate = new();
    private readonly Dictionary<JobId, Held> held = [];
    private readonly List<ObjectChange<SlurmJobObject>> gone = [];
    private readonly List<ObjectChange<SlurmJobObject>> now = [];
    private int round;
    private bool closed;
    private volatile string unread = $"SlurmCluster {cluster} has not been read yet";
    private volatile string stale = "";

    public string Cluster => cluster;

    public ObjectStore<SlurmJobObject> Objects => objects;

    /// <summary>Why nothing is known of the cluster's jobs; empty once a snapshot was taken over.</summary>
    public string Unread => unread;

    /// <summary>Why the snapshot may be old; empty while Slurm answers, and before the first one.</summary>
    public string Stale => stale;

    /// <summary>
    /// Takes over a snapshot; a job that is not in it is deleted. So call it only with what Slurm really said, never
    /// with an empty list because it did not answer: then <see cref="Unreachable"/> is the call.
    /// </summary>
    /// <returns>The number of watch events made; 0 when nothing changed.</returns>
    public int Update(IEnumerable<SlurmJob> jobs, JobNamespaces namespaces)
    {
        int made;
        lock (gate)
        {
            if (closed)
                return 0;
            made = Replace(jobs, namespaces);
        }
        Note("", "");
        return made;
    }

    /// <summary>The snapshot stays as it was, and whoever asks is warned.</summary>
    /// <param name="since">When it was last known to be right.</param>
    /// <param name="why">One sentence, without a final period.</param>
    public void Unreachable(DateTimeOffset since, string why)
    {
        if (unread.Length > 0)
            Note($"SlurmCluster {cluster} has not been read yet{(why.Length > 0 ? $" ({why})" : "")}", "");
        else
            Note("", string.Create(
                CultureInfo.InvariantCulture,
                $"Slurm could not be read since {since.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC ({why}): "
                + $"jobs of SlurmCluster {cluster} are as of then"));
    }

    /// <summary>The SlurmCluster is gone, and its jobs with it. Nothing is taken over after that.</summary>
    public void Close()
    {
        lock (gate)
        {
            closed = true;
            objects.Apply([.. held.Values.Select(h => new ObjectChange<SlurmJobObject>(h.Key, null))]);
            held.Clear();
        }
    }

    private int Replace(IEnumerable<SlurmJob> jobs, JobNamespaces namespaces)
    {
        round++;
        foreach (var job in jobs)
            Take(job, namespaces.Of(job.Account));
        foreach (var (id, held) in this.held)
        {
            if (held.Round == round)
                continue;
            gone.Add(new(held.Key, null));
            this.held.Remove(id);
        }
        // Deletions first: the last task of an array takes over the id of the whole, a requeued job its own old name.
        var made = Objects.Apply([.. gone, .. now]);
        gone.Clear();
        now.Clear();
        return made;
    }

    private void Note(string nowUnread, string nowStale)
    {
        if (unread == nowUnread && stale == nowStale)
            return;
        (unread, stale) = (nowUnread, nowStale);
        noted();
    }

    private void Take(SlurmJob job, string ns)
    {
        if (!this.held.TryGetValue(job.Id, out var held))
        {
            Add(job, ns);
            return;
        }
        var twice = held.Round == round;
        if (twice && job.SubmitTime < held.Job.SubmitTime)
            return; // Accounting may know an earlier submission under the same id: the latest is the job.
        held.Round = round;
        if (held.Key.Namespace == ns && SameJob(held.Job, job))
        {
            held.Job = job; // Equal, but the newer one: the next comparison is then by reference.
            return;
        }
        var key = new ObjectKey(ns, JobTranslation.NameOf(cluster, job));
        if (key != held.Key || job.SubmitTime != held.Job.SubmitTime)
            gone.Add(new(held.Key, null));
        (held.Job, held.Key) = (job, key);
        now.Add(new(key, JobTranslation.Translate(job, key, cluster)));
    }

    private void Add(SlurmJob job, string ns)
    {
        var key = new ObjectKey(ns, JobTranslation.NameOf(cluster, job));
        held.Add(job.Id, new Held { Job = job, Key = key, Round = round });
        now.Add(new(key, JobTranslation.Translate(job, key, cluster)));
    }

    // Records compare their arrays by reference; two readings of the same job have the same words in different arrays.
    internal static bool SameJob(SlurmJob one, SlurmJob other) =>
        ReferenceEquals(one, other)
        || (one.Flags.AsSpan().SequenceEqual(other.Flags.AsSpan())
            && one.GresDetail.AsSpan().SequenceEqual(other.GresDetail.AsSpan())
            && (one with { Flags = other.Flags, GresDetail = other.GresDetail }) == other);

    private sealed class Held
    {
        public required SlurmJob Job { get; set; }

        public required ObjectKey Key { get; set; }

        public required int Round { get; set; }
    }
}
