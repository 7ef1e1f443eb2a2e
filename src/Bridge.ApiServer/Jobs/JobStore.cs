using Bridge.ApiServer.Store;
using Bridge.Core.Model;
using Bridge.Core.Names;

namespace Bridge.ApiServer.Jobs;

/// <summary>
/// The jobs that are served. Feed it whole snapshots: it finds out by itself what changed and tells the watchers that,
/// and only that. One feeder at a time; it must not be called from two threads.
/// </summary>
/// <param name="cluster">Of whose jobs.</param>
/// <param name="objects">Where they are served.</param>
public sealed class JobStore(string cluster, ObjectStore<SlurmJobObject> objects)
{
    /// <summary>
    /// So many changes may a watch lag behind: a busy cluster of 10,000 jobs turned over once, and some.
    /// </summary>
    public const int DefaultEventsKept = 16_384;

    private readonly Dictionary<JobId, Held> held = [];
    private readonly List<ObjectChange<SlurmJobObject>> gone = [];
    private readonly List<ObjectChange<SlurmJobObject>> now = [];
    private int round;

    public JobStore(string cluster, TimeProvider time, int eventsKept = DefaultEventsKept)
        : this(cluster, Serve(time, eventsKept))
    {
    }

    public ObjectStore<SlurmJobObject> Objects => objects;

    /// <summary>A store that nothing has been fed to yet.</summary>
    public static ObjectStore<SlurmJobObject> Serve(TimeProvider time, int eventsKept = DefaultEventsKept) =>
        new(JobJson.Default.SlurmJobObject, time, eventsKept);

    /// <summary>
    /// Takes over a snapshot; a job that is not in it is deleted. So call it only with what Slurm really said, never
    /// with an empty list because it did not answer: then <see cref="Unreachable"/> is the call.
    /// </summary>
    /// <returns>The number of watch events made; 0 when nothing changed.</returns>
    public int Update(IEnumerable<SlurmJob> jobs, JobNamespaces namespaces)
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
        Objects.Warning = "";
        return made;
    }

    /// <summary>The snapshot stays as it was, and whoever asks is warned.</summary>
    /// <param name="since">When it was last known to be right.</param>
    /// <param name="why">One sentence, without a final period.</param>
    public void Unreachable(DateTimeOffset since, string why) =>
        Objects.Warning =
            $"Slurm could not be read since {since.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC ({why}): jobs are as of then";

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
        var key = new ObjectKey(ns, JobTranslation.NameOf(job));
        if (key != held.Key || job.SubmitTime != held.Job.SubmitTime)
            gone.Add(new(held.Key, null));
        (held.Job, held.Key) = (job, key);
        now.Add(new(key, JobTranslation.Translate(job, key, cluster)));
    }

    private void Add(SlurmJob job, string ns)
    {
        var key = new ObjectKey(ns, JobTranslation.NameOf(job));
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
