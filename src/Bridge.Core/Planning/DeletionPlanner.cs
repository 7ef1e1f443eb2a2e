using System.Collections.Immutable;
using Bridge.Core.Names;
using Bridge.Core.Policy;
using Bridge.Core.SlurmText;
using Bridge.Core.View;

namespace Bridge.Core.Planning;

/// <summary>
/// Beginning and end of a SlurmCluster: the finalizer goes on before anything is made, and off when nothing is left.
/// That its nodes leave and its partitions go is the work of the other planners, as it is when a pool or a policy is
/// deleted; here is what they cannot do: wait, tell what for, and let go.
/// </summary>
internal static class DeletionPlanner
{
    /// <summary>
    /// How long a SlurmCluster of which Kubernetes has nothing left waits for its Slurm: no job runs there any more,
    /// what stays is records and partitions, and a namespace cannot go before it does.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>
    /// For how long nothing must have been seen in Kubernetes: a pod that Bridge made a moment ago, when it had not
    /// seen the deletion yet, may still be unseen.
    /// </summary>
    public static readonly TimeSpan Settling = TimeSpan.FromSeconds(5);

    /// <summary>Reason of the condition.</summary>
    public const string Reason = "Deleting";

    /// <summary>
    /// The finalizer, where it is missing; while Slurm cannot be read only where something was made already.
    /// </summary>
    public static SetFinalizer? Claim(ClusterView view)
    {
        var cluster = view.Cluster;
        if (cluster.HasFinalizer || cluster.Deleting
            || (!Reads(view) && RemainsOf(view) is { NoPods: true, Claimed: [] }))
            return null;
        return new SetFinalizer(
            cluster.Ref, $"see to it that SlurmCluster {cluster.Ref.Name} does not go before what is made for it",
            cluster.ResourceVersion, Present: true) { Others = cluster.OtherFinalizers };
    }

    /// <summary>Whether a step makes what would be left behind by a SlurmCluster without a finalizer.</summary>
    public static bool Makes(Step step) => step is CreateClaim or CreatePod or PutPartition
        or SetFinalizer { Present: true, About.Kind: "PartitionPolicy" };

    /// <summary>What is done for a deleted cluster beside its nodes' and partitions' leaving.</summary>
    public static IEnumerable<Step> Plan(ClusterView view, PlanMemory memory, PlanTime time)
    {
        var cluster = view.Cluster;
        if (!cluster.Deleting)
            return [];
        var remains = RemainsOf(view);
        IEnumerable<Step> ended = cluster.Abandoned ? remains.Abandon(cluster.Ref) : [];
        // With Slurm, LifecyclePlanner does: a claim goes after the record.
        IEnumerable<Step> freed = cluster.Abandoned || !view.Current ? remains.FreeClaims(cluster.Ref) : [];
        // With Slurm, ConditionPlanner does.
        IEnumerable<Step> uncordoned = remains.NoPods && !view.Current
            ? KubeSide.CordonedBy(view).Select(n => ConditionPlanner.Uncordon(
                n, $"SlurmCluster {cluster.Ref.Name} is being deleted")) : [];
        return [.. ended, .. freed, .. uncordoned, .. Release(view, remains, memory, time)];
    }

    private static IEnumerable<Step> Release(ClusterView view, Remains remains, PlanMemory memory, PlanTime time)
    {
        var cluster = view.Cluster;
        var name = cluster.Ref.Name;
        var without = !Reads(view) || cluster.Abandoned;
        memory.SeeEnd(remains.NoPods, remains.NoPods && without, time.Now);
        if (!cluster.HasFinalizer || !IsOld(memory.NoPodsSince, Settling) || !KubeSide.CordonedBy(view).IsEmpty)
            return [];
        if (NothingKnown(view, remains))
            return [LetGo(cluster, $"nothing of SlurmCluster {name} is left, so it may go")];
        if (!IsOld(memory.OnlySlurmLeftSince, cluster.Abandoned && !Reads(view) ? TimeSpan.Zero : Patience))
            return [];
        return [LetGo(cluster, $"let SlurmCluster {name} go without its Slurm, in which stay, as far as it was seen "
            + $"last: {LeftInSlurm(view, remains)}")];

        bool IsOld(DateTimeOffset? since, TimeSpan age) => since is { } at && time.IsOld(at, age);
    }

    private static SetFinalizer LetGo(SlurmCluster cluster, string why) =>
        new(cluster.Ref, why, cluster.ResourceVersion, Present: false) { Others = cluster.OtherFinalizers };

    // A Slurm that cannot be read may have records that were counted before.
    private static bool NothingKnown(ClusterView view, Remains remains) => remains.Claimed.IsEmpty
        && Records(view).IsEmpty && (Reads(view) || view.Cluster.Counts.Nodes == 0);

    private static string LeftInSlurm(ClusterView view, Remains remains)
    {
        var records = Records(view);
        string[] left =
        [
            .. records.IsEmpty ? [] : (string[])[$"nodes {Hostlist.Compress(records)}"],
            .. records.IsEmpty && view.Cluster.Counts.Nodes is > 0 and var count
                ? (string[])[Sentences.Count(count, "node")] : [],
            .. remains.Claimed.Select(p => $"partition {p.Partition}"),
        ];
        return Sentences.Join(left);
    }

    private static ImmutableArray<NodeName> Records(ClusterView view) =>
        [.. view.Slurm.NodesByName.Values.Where(BackReference.Owns).Select(n => n.Name).Order()];

    /// <summary>What a deleted cluster waits for, in a sentence, while its Slurm answers.</summary>
    public static string Waits(Fleet fleet, ImmutableArray<PartitionOutcome> partitions)
    {
        var remains = RemainsOf(fleet.View);
        var waits = new List<string>(fleet.View.Cluster.Abandoned && !remains.NoPods
            ? [Abandoned(remains)] : Work(fleet));
        var idle = fleet.Rows.Where(r => r.Record is not { Busy: true }).Select(r => r.Name).ToList();
        if (idle.Count > 0)
            waits.Add($"it takes {Hostlist.Compress(idle)} apart");
        waits.AddRange(partitions.Where(p => p.Policy.HasFinalizer).Select(p => p.Problem?.Message
            ?? $"it deletes partition {p.Policy.Partition}"));
        return Said(fleet.View.Cluster, waits.Count == 0 ? "nothing of it is left" : Sentences.Join(waits));
    }

    // Slurm may tie more to a node than its jobs that are known: one that completes, or all while jobs cannot be read.
    private static IEnumerable<string> Work(Fleet fleet)
    {
        var busy = fleet.Rows.Where(r => r.Record is { Busy: true }).Select(r => r.Name).ToHashSet();
        if (busy.Count == 0)
            yield break;
        var jobs = new List<string>();
        foreach (var job in fleet.View.Slurm.JobsById.Values.Where(j => !j.Finished && j.Nodes.Length > 0)
            .OrderBy(j => j.Id))
            if (Hostlist.TryExpand(job.Nodes, out _) is { } on && on.Any(busy.Contains))
                jobs.Add($"{job.Id} on {job.Nodes}");
        yield return jobs.Count == 0
            ? $"it waits for the work on {Hostlist.Compress(busy.Order())} to end"
            : $"it waits for {Sentences.Count(jobs.Count, "job")} to end: {Sentences.List(jobs)}";
    }

    /// <summary>What it waits for while its Slurm does not answer, which is what is said of that.</summary>
    public static string WaitsBlind(ClusterView view, string silent)
    {
        var (cluster, remains) = (view.Cluster, RemainsOf(view));
        if (remains.NoPods)
            return Said(cluster, $"{silent}; Kubernetes has nothing left of it, so it goes without its Slurm after "
                + $"{Patience.TotalMinutes:0} minutes");
        if (cluster.Abandoned)
            return Said(cluster, Abandoned(remains));
        var since = view.Slurm.Nodes.Synced ? $"; they were read last at {view.Slurm.Nodes.Since:yyyy-MM-dd HH:mm:ss}Z"
            : "";
        return Said(cluster, $"{silent}{since}; nobody knows whether jobs run there, so this stays: {remains}. Where "
            + $"no job matters, let it end: {Remains.Command(cluster.Ref)}");
    }

    private static string Abandoned(Remains remains) =>
        $"it is abandoned, so this ends, whatever runs there: {remains}";

    private static string Said(SlurmCluster cluster, string what) =>
        $"SlurmCluster {cluster.Ref.Name} is being deleted: {what}";

    private static bool Reads(ClusterView view) =>
        view.Synced && view.Slurm.Nodes.Current && view.Slurm.Partitions.Current;

    private static Remains RemainsOf(ClusterView view) =>
        Remains.Of(view.Kube, view.Cluster.Ref.Namespace, view.Cluster.Ref.Name);
}
