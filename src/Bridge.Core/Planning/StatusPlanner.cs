using System.Collections.Immutable;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Policy;
using Bridge.Core.SlurmText;
using Bridge.Core.View;

namespace Bridge.Core.Planning;

/// <summary>
/// Writes what is, and what is wrong in a sentence, into the status of SlurmCluster, NodePool and PartitionPolicy.
/// </summary>
public static class StatusPlanner
{
    private const string Synced = "Synced";

    public static IEnumerable<Step> Plan(
        Fleet fleet, NodeWishes wishes, ImmutableArray<PartitionOutcome> partitions, JobCounts jobs)
    {
        var now = fleet.Time.Now;
        var refusals = new Refusals(fleet);
        var rows = fleet.Rows.ToLookup(r => r.Member?.Pool.Ref.Name ?? (fleet.View.Cluster.Deleting ? r.Pod?.Pool : "")
            ?? "");
        foreach (var pool in fleet.View.Kube.Pools)
            if (pool.Ref.Namespace == fleet.View.Cluster.Ref.Namespace
                && pool.Spec.Cluster == fleet.View.Cluster.Ref.Name
                && PoolStatus.Write(fleet, pool, [.. rows[pool.Ref.Name]], wishes, refusals) is { } step)
                yield return step;
        foreach (var outcome in partitions)
            if (Partition(fleet, outcome, jobs, refusals) is { } step)
                yield return step;
        if (Cluster(fleet, partitions, jobs, refusals) is { } cluster)
            yield return cluster;
    }

    /// <summary>The cluster's status while its sources are not all there: says which, and changes no count.</summary>
    public static WriteClusterStatus? Unreachable(ClusterView view, DateTimeOffset now)
    {
        var cluster = view.Cluster;
        var ready = ClusterReady(view, cluster.Generation);
        if (cluster.Deleting && view.Kube.Source.Current)
            ready = ready with
            {
                Reason = DeletionPlanner.Reason, Message = DeletionPlanner.WaitsBlind(view, ready.Message),
            };
        return Changed(cluster.Conditions, WithReading(view, ready), now) is { } conditions
            ? new WriteClusterStatus(
                cluster.Ref, ready.Message, conditions, cluster.Counts, cluster.SlurmVersion, cluster.DataParser)
                { ResourceVersion = cluster.ResourceVersion }
            : null;
    }

    /// <summary>The cluster's status when no plan could be made of it: says why, and changes no count.</summary>
    public static IEnumerable<Step> Failed(ClusterView view, string failure, DateTimeOffset now)
    {
        var cluster = view.Cluster;
        var ready = ClusterReady(view, cluster.Generation) with
        {
            Status = ConditionStatus.False, Reason = Bulkhead.Reason, Message = failure,
        };
        if (Changed(cluster.Conditions, WithReading(view, ready), now) is { } conditions)
            yield return new WriteClusterStatus(
                cluster.Ref, failure, conditions, cluster.Counts, cluster.SlurmVersion, cluster.DataParser)
                { ResourceVersion = cluster.ResourceVersion };
    }

    private static WriteClusterStatus? Cluster(
        Fleet fleet, ImmutableArray<PartitionOutcome> partitions, JobCounts jobs, Refusals refusals)
    {
        var (cluster, slurm) = (fleet.View.Cluster, fleet.View.Slurm);
        var records = fleet.Rows.Where(r => r.Record is not null).Select(r => r.Record!).ToImmutableArray();
        var counts = new SlurmClusterCounts
        {
            Nodes = records.Length,
            NodesReady = records.Count(n => n.Responding && !n.Drains),
            NodesDrained = records.Count(n => n.Drains),
            NodesDown = records.Count(n => !n.Responding),
            Gpus = records.Sum(n => GresText.Gpus(n.Gres)),
            GpusAllocated = records.Sum(n => GresText.Gpus(n.GresUsed)),
            JobsRunning = jobs.Running,
            JobsPending = jobs.Pending,
        };
        var ready = ClusterReady(fleet.View, cluster.Generation);
        if (ready.Status == ConditionStatus.True && Attention(fleet, refusals) is { } attention)
            ready = ready with
            {
                Status = ConditionStatus.False, Reason = attention.Reason, Message = attention.Message,
            };
        if (cluster.Deleting)
            ready = ready with
            {
                Status = ConditionStatus.False, Reason = DeletionPlanner.Reason,
                Message = DeletionPlanner.Waits(fleet, partitions)
                    + (ready.Status == ConditionStatus.True ? "" : $"; {ready.Message}"),
            };
        var changed = Changed(cluster.Conditions, WithReading(fleet.View, ready), fleet.Time.Now);
        if (changed is null && counts == cluster.Counts && cluster.SlurmVersion == slurm.Version
            && cluster.DataParser == slurm.DataParser)
            return null;
        return new WriteClusterStatus(
            cluster.Ref, ready.Message, changed ?? cluster.Conditions, counts, slurm.Version, slurm.DataParser)
            { ResourceVersion = cluster.ResourceVersion };
    }

    /// <summary>Reason of the condition of pools and policies while their cluster goes.</summary>
    internal const string ClusterDeleting = "ClusterDeleting";

    internal static string ClusterGoes(Fleet fleet) => $"SlurmCluster {fleet.View.Cluster.Ref.Name} is being deleted";

    private static (string Reason, string Message)? Attention(Fleet fleet, Refusals refusals)
    {
        var failures = fleet.Failures.Concat(fleet.Rows.Where(r => r.PlanFailure.Length > 0 && r.Member is null)
            .Select(r => $"node {r.Name}: {r.PlanFailure}")).ToList();
        if (failures.Count > 0)
            return (Bulkhead.Reason, Sentences.Join(failures));
        return refusals.OfCluster is { Count: > 0 } refused ? (Refusals.Reason, Sentences.Join(refused)) : null;
    }

    private static Condition ClusterReady(ClusterView view, long generation)
    {
        var (kube, slurm) = (view.Kube.Source, view.Slurm);
        var (reason, message) =
            !kube.Current ? ("KubernetesUnreachable", Because("Kubernetes cannot be watched", kube))
            : !slurm.Nodes.Current ? ("SlurmUnreachable", Because("Slurm's nodes cannot be read", slurm.Nodes))
            : !slurm.Partitions.Current
                ? ("SlurmUnreachable", Because("Slurm's partitions cannot be read", slurm.Partitions))
            : !slurm.Jobs.Current ? ("JobsUnreadable", Because("Slurm's jobs cannot be read", slurm.Jobs))
            : (Synced, $"Slurm {slurm.Version} answers over {slurm.DataParser}{Readable(view.Cluster.Spec)}"
                + (ReadingCondition.Of(slurm, generation) is { Status: ConditionStatus.False }
                    ? $"; condition {WellKnown.ReadingHealthyCondition} says what is not read as it should be" : ""));
        return new Condition
        {
            Type = WellKnown.ReadyCondition,
            Status = reason == Synced ? ConditionStatus.True : ConditionStatus.False,
            Reason = reason,
            Message = message,
            ObservedGeneration = generation,
        };
    }

    // A write carries all conditions, or those that it leaves out would go.
    private static ImmutableArray<Condition> WithReading(ClusterView view, Condition ready)
    {
        var reading = ReadingCondition.Of(view.Slurm, view.Cluster.Generation)
            ?? view.Cluster.Conditions.FirstOrDefault(c => c.Type == WellKnown.ReadingHealthyCondition);
        return reading is null ? [ready] : [ready, reading];
    }

    // Said for as long as it is so: a lab's setting must not pass unseen into a cluster that people rely on.
    private static string Readable(SlurmClusterSpec spec) =>
        spec.AllowPlainHttp && spec.RestUrl.StartsWith("http:", StringComparison.Ordinal)
            ? "; spec.allowPlainHttp: its tokens can be read on the way" : "";

    private static string Because(string what, SourceState source) =>
        source.Error.Length > 0 ? $"{what}: {source.Error}" : $"{what} yet: the first read is under way";

    private static WritePartitionStatus? Partition(
        Fleet fleet, PartitionOutcome outcome, JobCounts jobs, Refusals refusals)
    {
        var policy = outcome.Policy;
        var name = policy.Partition;
        var made = fleet.View.Slurm.PartitionsByName.ContainsKey(name) && policy.HasFinalizer;
        var counts = made
            ? new PartitionCounts
            {
                Nodes = outcome.Nodes.Length + outcome.Kept.Length,
                Gpus = outcome.Gpus,
                JobsRunning = jobs.RunningIn(name.Value),
                JobsPending = jobs.PendingIn(name.Value),
            }
            : new PartitionCounts();
        var kept = $"{Hostlist.Compress(outcome.Kept)} stay in partition {name} until their jobs there have ended";
        var refused = refusals.Of(policy.Ref);
        var (reason, message) = outcome.Problem
            ?? (refused.Count > 0 ? (Refusals.Reason, Sentences.Join(refused))
                : fleet.View.Cluster.Deleting ? (ClusterDeleting, ClusterGoes(fleet) + (made
                    ? $", and partition {name} with it" : ""))
                : !made ? ("Pending", $"partition {name} is about to be made")
                : !outcome.Kept.IsEmpty ? ("NodesKept", kept)
                : (Synced, $"partition {name} has {outcome.Nodes.Length} nodes"));
        var ready = new Condition
        {
            Type = WellKnown.ReadyCondition,
            Status = reason is Synced or "NodesKept" ? ConditionStatus.True : ConditionStatus.False,
            Reason = reason,
            Message = message,
            ObservedGeneration = policy.Generation,
        };
        var changed = Changed(policy.Conditions, [ready], fleet.Time.Now);
        return changed is null && counts == policy.Counts
            ? null
            : new WritePartitionStatus(policy.Ref, message, changed ?? policy.Conditions, counts)
                { ResourceVersion = policy.ResourceVersion };
    }

    /// <summary>
    /// The conditions to store when one of them says something new, with the time of each change; null when none does.
    /// </summary>
    public static ImmutableArray<Condition>? Changed(
        ImmutableArray<Condition> stored, ImmutableArray<Condition> wanted, DateTimeOffset now)
    {
        if (wanted.All(w => w.SameAs(stored.FirstOrDefault(s => s.Type == w.Type))))
            return null;
        return
        [
            .. wanted.Select(w => stored.FirstOrDefault(s => s.Type == w.Type) is { } old && old.Status == w.Status
                ? w with { LastTransitionTime = old.LastTransitionTime }
                : w with { LastTransitionTime = now }),
        ];
    }
}
