using System.Collections.Immutable;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Policy;
using Bridge.Core.View;

namespace Bridge.Core.Planning;

/// <summary>
/// Pools and policies whose spec.cluster names no SlurmCluster of their namespace: no cluster's plan speaks of them, so
/// they are told here. A policy that is deleted after its cluster is let go, or it would stay for ever. Slurmd pods of
/// a cluster that is gone (somebody took its finalizer away) run on, for without their Slurm nobody knows whether a
/// job does, until an administrator abandons their pool.
/// </summary>
public static class UnservedPlanner
{
    private const string NoCluster = "NoSuchCluster";

    public static ImmutableArray<Step> Plan(KubeView kube, DateTimeOffset now)
    {
        // What cannot be read at present may well be there.
        if (!kube.Source.Current)
            return [];
        var pools = kube.Pools.Where(p => !Served(kube, p.Ref, p.Spec.Cluster)).SelectMany(p => Pool(kube, p, now));
        var policies = kube.Partitions.Where(p => !Served(kube, p.Ref, p.Spec.Cluster))
            .Select(p => Policy(kube, p, now));
        return [.. pools, .. policies.OfType<Step>(), .. Claims(kube)];
    }

    private static bool Served(KubeView kube, ObjectRef about, string cluster) =>
        kube.Clusters.Any(c => c.Ref.Namespace == about.Namespace && c.Ref.Name == cluster);

    private static IEnumerable<Step> Pool(KubeView kube, NodePool pool, DateTimeOffset now)
    {
        var remains = Remains.Of(kube, pool.Ref.Namespace, pool.Spec.Cluster);
        remains = remains with { Pods = [.. remains.Pods.Where(p => p.Pool == pool.Ref.Name)] };
        var ready = NotReady(kube, pool.Ref, pool.Spec.Cluster, pool.Generation);
        if (!remains.Pods.IsEmpty)
            ready = ready with { Message = $"{ready.Message}; {Left(pool, remains)}" };
        if (pool.Abandoned)
            foreach (var step in remains.Abandon(pool.Ref))
                yield return step;
        // The counts stay as they were last seen: what became of its nodes is not known here.
        if (StatusPlanner.Changed(pool.Conditions, [ready], now) is { } changed)
            yield return new WritePoolStatus(pool.Ref, ready.Message, changed, pool.Counts)
                { ResourceVersion = pool.ResourceVersion };
    }

    private static string Left(NodePool pool, Remains remains) => pool.Abandoned
        ? $"it is abandoned, so this ends, whatever runs there: {remains}"
        : $"this is left of it: {remains}; without their Slurm nobody knows whether jobs run there: apply the "
            + "SlurmCluster again and delete it, which lets jobs end first; or, where no job matters, let the pods "
            + $"end: {Remains.Command(pool.Ref)}";

    private static IEnumerable<Step> Claims(KubeView kube) => kube.Claims.Where(c => c.Cluster.Length > 0)
        .Select(c => (c.Namespace, c.Cluster)).Distinct()
        .Select(of => new ObjectRef("SlurmCluster", of.Namespace, of.Cluster))
        .Where(cluster => !Served(kube, cluster, cluster.Name))
        .SelectMany(cluster => Remains.Of(kube, cluster.Namespace, cluster.Name).FreeClaims(cluster));

    private static Step? Policy(KubeView kube, PartitionPolicy policy, DateTimeOffset now)
    {
        if (policy.Deleting)
            return policy.HasFinalizer
                ? new SetFinalizer(policy.Ref,
                    $"there is no SlurmCluster {policy.Spec.Cluster} any more, so its policy may go; "
                        + $"partition {policy.Partition} stays in that Slurm",
                    policy.ResourceVersion, Present: false) { Others = policy.OtherFinalizers }
                : null;
        var ready = NotReady(kube, policy.Ref, policy.Spec.Cluster, policy.Generation);
        return StatusPlanner.Changed(policy.Conditions, [ready], now) is { } changed
            ? new WritePartitionStatus(policy.Ref, ready.Message, changed, policy.Counts)
                { ResourceVersion = policy.ResourceVersion }
            : null;
    }

    private static Condition NotReady(KubeView kube, ObjectRef about, string cluster, long generation)
    {
        var there = kube.Clusters.Where(c => c.Ref.Namespace == about.Namespace).Select(c => c.Ref.Name)
            .Order(StringComparer.Ordinal).ToList();
        var have = there.Count == 0 ? "it has none yet" : $"it has {string.Join(", ", there)}";
        return new Condition
        {
            Type = WellKnown.ReadyCondition,
            Status = ConditionStatus.False,
            Reason = NoCluster,
            Message = $"spec.cluster names {cluster}, but namespace {about.Namespace} has no such SlurmCluster; {have}",
            ObservedGeneration = generation,
        };
    }
}
