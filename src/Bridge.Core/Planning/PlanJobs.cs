using System.Collections.Immutable;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.SlurmText;
using Bridge.Core.View;

namespace Bridge.Core.Planning;

/// <summary>
/// The jobs that a plan waits for, or ends, in words: for who reads a plan before it is done. A plan itself needs none
/// of their names.
/// </summary>
public sealed class PlanJobs
{
    private const int MostJobs = 5;
    private const int MostNodes = 8;
    private const int LongestWord = 40;

    private readonly SlurmView slurm;
    private readonly Dictionary<NodeName, List<SlurmJob>> onNode = [];

    public PlanJobs(SlurmView slurm)
    {
        this.slurm = slurm;
        foreach (var job in slurm.JobsById.Values.Where(j => !j.Finished).OrderBy(j => j.Id))
            foreach (var node in Hostlist.TryExpand(job.Nodes, out _) ?? [])
            {
                if (!onNode.TryGetValue(node, out var jobs))
                    onNode[node] = jobs = [];
                jobs.Add(job);
            }
    }

    /// <summary>
    /// What a step means to jobs, such as "waits for job 123 (alice, train) on node gpu-1"; "" when it means nothing.
    /// </summary>
    public string Of(Step step) => step switch
    {
        DrainNodes drain => Phrase("waits for ", drain.Nodes),
        DeletePod { EndsWork: true } pod => Phrase("ends ", [pod.SlurmNode]),
        _ => "",
    };

    /// <summary>What is under way and waits for jobs, without a step of its own: a sentence each.</summary>
    public IEnumerable<string> Waits(ClusterView view, PlanMemory memory, DateTimeOffset now)
    {
        var fleet = Fleet.Join(view, memory, now);
        foreach (var row in fleet.Rows)
            if (row.Record is { Busy: true, Held: true } record && (record.DrainedByBridge || row.Member is null))
                yield return $"node {row.Name}, which is kept from work ('{record.Reason}'), waits for "
                    + $"{(Jobs([row.Name]) is { Length: > 0 } jobs ? jobs : "what Slurm still ties to it")}";
        foreach (var outcome in PartitionPlanner.Resolve(fleet, memory))
        {
            var partition = outcome.Policy.Partition;
            if (!outcome.Kept.IsEmpty && Jobs(outcome.Kept, partition.Value) is { Length: > 0 } running)
                yield return $"partition {partition} keeps {Named(outcome.Kept)} until these have ended: {running}";
            if (outcome.Policy.Deleting && Naming(partition) is { Length: > 0 } naming)
                yield return $"partition {partition}, whose policy was deleted, waits for {naming}";
        }
    }

    private string Phrase(string before, ImmutableArray<NodeName> nodes) =>
        Jobs(nodes) is { Length: > 0 } jobs ? before + jobs : "";

    private string Jobs(ImmutableArray<NodeName> nodes, string partition = "")
    {
        var found = new SortedDictionary<JobId, (SlurmJob Job, List<NodeName> Nodes)>();
        foreach (var node in nodes)
            foreach (var job in onNode.GetValueOrDefault(node) ?? [])
            {
                if (partition.Length > 0 && job.Partition != partition)
                    continue;
                if (!found.TryGetValue(job.Id, out var known))
                    found[job.Id] = known = (job, []);
                known.Nodes.Add(node);
            }
        return List([.. found.Values.Select(f => $"{Described(f.Job)} on {Named(f.Nodes)}")]);
    }

    private string Naming(PartitionName partition) =>
        List([.. slurm.JobsById.Values.Where(j => !j.Finished && PartitionPlanner.NamesPartition(j, partition))
            .OrderBy(j => j.Id)
            .Select(j => Described(j) + (j.State == JobStates.Pending ? ", which is pending" : ""))]);

    private static string List(List<string> jobs) => string.Join(", ", jobs.Take(MostJobs))
        + (jobs.Count > MostJobs ? $" and {jobs.Count - MostJobs} more" : "");

    private static string Described(SlurmJob job)
    {
        var id = job is { ArrayJobId: { } array, ArrayTaskId: { } task } ? $"{array}_{task}" : $"{job.Id}";
        var words = new[] { job.User, job.Name }.Where(w => w.Length > 0).Select(Shown).ToList();
        return words.Count == 0 ? $"job {id}" : $"job {id} ({string.Join(", ", words)})";
    }

    private static string Named(IReadOnlyCollection<NodeName> nodes) => nodes.Count == 1 ? $"node {nodes.First()}"
        : nodes.Count <= MostNodes ? $"nodes {Hostlist.Compress(nodes)}"
        : $"{nodes.Count} of these nodes";

    // Users choose these words, and an administrator's terminal shows them.
    private static string Shown(string word)
    {
        var clean = new string([.. word.Select(c => char.IsControl(c) ? '?' : c)]);
        return clean.Length <= LongestWord ? clean : $"{clean[..(LongestWord - 1)]}…";
    }
}
