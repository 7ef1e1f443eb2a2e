using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Bridge.ApiServer.Meta;
using Bridge.ApiServer.Store;
using Bridge.Core.Model;
using Bridge.Core.SlurmText;

namespace Bridge.ApiServer.Jobs;

/// <summary>Turns Slurm's jobs into objects. Pure: the same job gives the same object.</summary>
public static partial class JobTranslation
{
    /// <summary>status.nodes names at most so many nodes; status.nodeList names all.</summary>
    public const int MostNodesNamed = 64;

    /// <summary>
    /// The SlurmCluster and the id: lab-4711; lab-4711-3 for an array task; lab-4711-plus-1 for a component of a
    /// heterogeneous job. Two clusters count the same ids, and may show them in one namespace.
    /// </summary>
    public static string NameOf(string cluster, SlurmJob job) => job switch
    {
        { ArrayJobId: { } array, ArrayTaskId: { } task } => $"{cluster}-{array}-{task}",
        { HetJobId: { } leader, HetOffset: > 0 and var offset } => $"{cluster}-{leader}-plus-{offset}",
        _ => $"{cluster}-{job.Id}",
    };

    /// <summary>The id as squeue writes it.</summary>
    public static string SlurmIdOf(SlurmJob job) => job switch
    {
        { ArrayJobId: { } array, ArrayTaskId: { } task } => $"{array}_{task}",
        { HetJobId: { } leader, HetOffset: { } offset } => $"{leader}+{offset}",
        _ => job.Id.ToString(),
    };

    public static SlurmJobObject Translate(StoredObject<ServedJob> stored)
    {
        var job = stored.Value.Job;
        return new SlurmJobObject
        {
            ApiVersion = SlurmJobKind.Names.GroupVersion,
            Kind = SlurmJobKind.Names.Kind,
            Metadata = MetadataOf(stored),
            Spec = SpecOf(job),
            Status = StatusOf(job, NodesOf(job.Nodes)),
        };
    }

    public static ObjectMeta MetadataOf(StoredObject<ServedJob> stored) => new()
    {
        Name = stored.Key.Name,
        Namespace = stored.Key.Namespace,
        Uid = UidOf(stored.Value.Cluster, stored.Value.Job),
        ResourceVersion = stored.Version,
        CreationTimestamp = stored.Value.Job.SubmitTime,
        Labels = LabelsOf(stored.Value),
    };

    /// <summary>
    /// The label of a job; null where it has none. Slurm allows names that labels do not; such a job is still found by
    /// field selector.
    /// </summary>
    public static string? LabelOf(ServedJob served, string key)
    {
        var value = key switch
        {
            JobLabels.Cluster => served.Cluster,
            JobLabels.User => served.Job.User,
            JobLabels.Account => served.Job.Account,
            JobLabels.Partition => served.Job.Partition,
            JobLabels.State => served.Job.State,
            _ => null,
        };
        return value is not null && LabelValue().IsMatch(value) ? value : null;
    }

    /// <summary>
    /// The nodes of a hostlist by name. One that cannot be read hides the names of the nodes, never the job.
    /// </summary>
    public static IReadOnlyList<string> NodesOf(string hostlist) =>
        Hostlist.TryExpand(hostlist, out _) is { } nodes ? [.. nodes.Select(n => n.Value)] : [];

    /// <summary>A job's identity: ids wrap, and a requeued job is a new submission under its old id.</summary>
    public static string UidOf(string cluster, SlurmJob job)
    {
        var submitted = job.SubmitTime?.ToUnixTimeSeconds() ?? 0;
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{NameOf(cluster, job)}/{submitted}"), hash);
        // RFC 9562, version 8: a UUID of one's own making.
        hash[6] = (byte)((hash[6] & 0x0f) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3f) | 0x80);
        return new Guid(hash[..16], bigEndian: true).ToString();
    }

    private static SlurmJobSpec SpecOf(SlurmJob job) => new()
    {
        User = NullIfEmpty(job.User),
        Account = NullIfEmpty(job.Account),
        Partition = NullIfEmpty(job.Partition),
        JobName = NullIfEmpty(job.Name),
        Qos = NullIfEmpty(job.Qos),
        TimeLimitMinutes = job.TimeLimitMinutes,
        Nodes = job.NodeCount,
        Cpus = job.Cpus,
        Gpus = job.Gpus,
        Comment = NullIfEmpty(job.Comment),
        ArrayTasks = NullIfEmpty(job.ArrayTasks),
    };

    private static SlurmJobStatus StatusOf(SlurmJob job, IReadOnlyList<string> nodes) => new()
    {
        JobId = SlurmIdOf(job),
        State = job.State,
        Flags = job.Flags.IsDefaultOrEmpty ? null : job.Flags,
        Reason = job.Reason is "" or "None" ? null : job.Reason,
        NodeList = NullIfEmpty(job.Nodes),
        Nodes = nodes.Count is > 0 and <= MostNodesNamed ? nodes : null,
        Gpus = GpusOf(job, nodes),
        SubmitTime = job.SubmitTime,
        StartTime = job.StartTime,
        EndTime = job.EndTime,
        ExitCode = job.ExitCode,
        ExitSignal = job.ExitSignal is 0 ? null : job.ExitSignal,
        Restarts = job.RestartCount == 0 ? null : job.RestartCount,
    };

    private static List<GpuAllocation>? GpusOf(SlurmJob job, IReadOnlyList<string> nodes)
    {
        // One text per node: with another number of them nobody can say which is whose.
        if (job.GresDetail.IsDefaultOrEmpty || job.GresDetail.Length != nodes.Count || nodes.Count > MostNodesNamed)
            return null;
        var found = new List<GpuAllocation>();
        var (text, counts) = ("", ImmutableArray<GresCount>.Empty);
        for (var i = 0; i < nodes.Count; i++)
        {
            // Most nodes of a job give it the same devices.
            if (job.GresDetail[i] != text)
                (text, counts) = (job.GresDetail[i], GresText.Parse(job.GresDetail[i]));
            foreach (var gres in counts)
                if (gres.Name == "gpu")
                    found.Add(new GpuAllocation(nodes[i], NullIfEmpty(gres.Type), gres.Count,
                        gres.Indices.IsDefaultOrEmpty ? null : gres.Indices));
        }
        return found.Count > 0 ? found : null;
    }

    private static Dictionary<string, string> LabelsOf(ServedJob served)
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var key in JobLabels.All)
            if (LabelOf(served, key) is { } value)
                labels[key] = value;
        return labels;
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;

    [GeneratedRegex(@"\A[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?\z")]
    private static partial Regex LabelValue();
}
