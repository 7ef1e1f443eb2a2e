using System.Globalization;
using Bridge.ApiServer.Store;
using Bridge.Core.Model;
using Bridge.Core.Names;

namespace Bridge.ApiServer.Jobs;

/// <summary>
/// The jobs of one SlurmCluster among those that are served. Feed it a whole snapshot, then what changed since: either
/// way it tells the watchers what is different now, and only that.
/// </summary>
/// <param name="cluster">Of whose jobs.</param>
/// <param name="objects">Where they are served, beside those of other clusters.</param>
/// <param name="noted">Called when <see cref="Unread"/> or <see cref="Stale"/> changed.</param>
public sealed class JobStore(string cluster, ObjectStore<ServedJob> objects, Action noted)
{
    private readonly Lock gate = new();
    private readonly Dictionary<JobId, Held> held = [];
    private readonly List<ObjectChange<ServedJob>> gone = [];
    private readonly List<ObjectChange<ServedJob>> now = [];
    private JobNamespaces? shownIn;
    private int round; // of whole snapshots
    private bool closed;
    private volatile string unread = $"SlurmCluster {cluster} has not been read yet";
    private volatile string stale = "";

    public string Cluster => cluster;

    public ObjectStore<ServedJob> Objects => objects;

    /// <summary>Why nothing is known of the cluster's jobs; empty once a snapshot was taken over.</summary>
    public string Unread => unread;

    /// <summary>Why the snapshot may be old; empty while Slurm answers, and before the first one.</summary>
    public string Stale => stale;

    /// <summary>
    /// Takes over a snapshot; a job that is not in it is deleted. So call it only with what Slurm really said, never
    /// with an empty list because it did not answer: then <see cref="Unreachable"/> is the call. Of two submissions
    /// under one id the later is the job.
    /// </summary>
    /// <returns>The number of watch events made; 0 when nothing changed.</returns>
    public int Update(IEnumerable<SlurmJob> jobs, JobNamespaces namespaces)
    {
        int made;
        lock (gate)
        {
            if (closed)
                return 0;
            shownIn = namespaces;
            made = Replace(jobs, namespaces);
        }
        Note("", "");
        return made;
    }

    /// <summary>Takes over what changed since the snapshot, which is then as good as read anew.</summary>
    /// <param name="changed">Jobs as they are now; also some that did not change.</param>
    /// <param name="removed">Jobs that are no more; also some that never were.</param>
    /// <returns>The number of watch events made; 0 when nothing changed.</returns>
    /// <exception cref="InvalidOperationException">There was no snapshot yet.</exception>
    public int Change(IReadOnlyCollection<SlurmJob> changed, IReadOnlyCollection<JobId> removed)
    {
        var made = 0;
        lock (gate)
        {
            if (closed)
                return 0;
            var namespaces = shownIn ?? throw new InvalidOperationException("changes follow a snapshot");
            foreach (var id in removed)
                Remove(id);
            foreach (var job in changed)
                Put(job, namespaces.Of(job.Account));
            made = Publish();
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
            objects.Apply([.. held.Values.Select(h => new ObjectChange<ServedJob>(h.Key, null))]);
            held.Clear();
        }
    }

    private int Replace(IEnumerable<SlurmJob> jobs, JobNamespaces namespaces)
    {
        round++;
        foreach (var job in jobs)
        {
            var twice = held.TryGetValue(job.Id, out var before) && before.Round == round;
            if (!twice || !(job.SubmitTime < before.Job.SubmitTime))
                Put(job, namespaces.Of(job.Account));
        }
        foreach (var (id, job) in held)
            if (job.Round != round)
                Remove(id);
        return Publish();
    }

    // Deletions first: the last task of an array takes over the id of the whole, a requeued job its own old name.
    private int Publish()
    {
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

    private void Put(SlurmJob job, string ns)
    {
        if (held.TryGetValue(job.Id, out var before))
        {
            if (before.Key.Namespace == ns && before.Job.SameAs(job))
            {
                held[job.Id] = before with { Job = job, Round = round }; // the next comparison is by reference then
                return;
            }
            var moved = before.Job.SubmitTime != job.SubmitTime || before.Key.Namespace != ns;
            if (moved || before.Key.Name != JobTranslation.NameOf(cluster, job))
                gone.Add(new(before.Key, null));
        }
        var key = new StoreKey(ns, JobTranslation.NameOf(cluster, job));
        held[job.Id] = new Held(job, key, round);
        now.Add(new(key, new ServedJob(cluster, job)));
    }

    private void Remove(JobId id)
    {
        if (held.Remove(id, out var before))
            gone.Add(new(before.Key, null));
    }

    private readonly record struct Held(SlurmJob Job, StoreKey Key, int Round);
}
