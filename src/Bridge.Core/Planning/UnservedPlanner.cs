using System.Collections.Immutable;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Policy;
using Bridge.Core.View;

namespace Bridge.Core.Planning;

/// <summary>
/// Pools and policies whose spec.cluster names no SlurmCluster of their namespace: no cluster's plan speaks of them, so
/// they are told here. A policy that is deleted after its cluster is let go, or it would stay for ever.
/// </summary>
public static class UnservedPlanner
{
    private const string NoCluster = "NoSuchCluster";

    public static ImmutableArray<Step> Plan(KubeView kube, DateTimeOffset now)
    {
        // What cannot be read at present may well be there.
        if (!kube.Source.Current)
            return [];
        var pools = kube.Pools.Where(p => !Served(kube, p.Ref, p.Spec.Cluster)).Select(p => Pool(kube, p, now));
        var policies = kube.Partitions.Where(p => !Served(kube, p.Ref, p.Spec.Cluster))
            .Select(p => Policy(kube, p, now));
        return [.. pools.Concat(policies).OfType<Step>()];
    }

    private static bool Served(KubeView kube, ObjectRef about, string cluster) =>
        kube.Clusters.Any(c => c.Ref.Namespace == about.Namespace && c.Ref.Name == cluster);

    // The counts of a pool stay as they were last seen: what became of its nodes is not known here.
    private static WritePoolStatus? Pool(KubeView kube, NodePool pool, DateTimeOffset now)
    {
        var ready = NotReady(kube, pool.Ref, pool.Spec.Cluster, pool.Generation);
        return StatusPlanner.Changed(pool.Conditions, [ready], now) is { } changed
            ? new WritePoolStatus(pool.Ref, ready.Message, changed, pool.Counts)
            : null;
    }

    private static Step? Policy(KubeView kube, PartitionPolicy policy, DateTimeOffset now)
    {
        if (policy.Deleting)
            return policy.HasFinalizer
                ? new SetPartitionFinalizer(policy.Ref,
                    $"there is no SlurmCluster {policy.Spec.Cluster} any more, so its policy may go; "
                        + $"partition {policy.Partition} stays in that Slurm",
                    policy.ResourceVersion, Present: false)
                : null;
        var ready = NotReady(kube, policy.Ref, policy.Spec.Cluster, policy.Generation);
        return StatusPlanner.Changed(policy.Conditions, [ready], now) is { } changed
            ? new WritePartitionStatus(policy.Ref, ready.Message, changed, policy.Counts)
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
