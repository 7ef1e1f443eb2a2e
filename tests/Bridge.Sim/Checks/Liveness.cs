using Bridge.Core.Names;
using Bridge.Core.Planning;
using Bridge.Core.SlurmText;
using Bridge.Core.View;
using Bridge.Sim.World;

namespace Bridge.Sim.Checks;

/// <summary>What must be true some time after everything has healed.</summary>
internal static class Liveness
{
    /// <summary>What is not so yet, in sentences; empty when the fleet serves and nothing is left to do.</summary>
    public static IReadOnlyList<string> Missing(SimWorld world)
    {
        var missing = new List<string>();
        foreach (var node in world.Kube.Nodes.Values)
            if (Problem(world, new NodeName(node.Name)) is { Length: > 0 } problem)
                missing.Add($"node {node.Name}: {problem}");
        foreach (var policy in world.Kube.Policies.Values)
            if (policy.Deleting || !world.Slurm.Partitions.TryGetValue(policy.Partition.Value, out var partition))
                missing.Add($"policy {policy.Ref.Name}: {(policy.Deleting ? "is still there" : "has no partition")}");
            else if (!Members(world, policy.Spec.Pools).SequenceEqual(Hostlist.Expand(partition.Nodes)))
                missing.Add($"partition {partition.Name}: has nodes {partition.Nodes}");
        if (missing.Count > 0)
            return missing;
        var now = world.Clock.GetUtcNow();
        var fresh = new SourceState(true, now);
        var slurm = world.Slurm.View with { Nodes = fresh, Partitions = fresh, Jobs = fresh };
        var view = new ClusterView(world.Kube.Cluster, world.Kube.View, slurm);
        var plan = ClusterPlanner.Plan(view, new PlanMemory(), now);
        return [.. plan.Steps.Select(s => $"still planned: {s.Why}")];
    }

    /// <summary>What is still there of a cluster that was deleted, in sentences; empty when nothing is.</summary>
    public static IReadOnlyList<string> Left(SimWorld world) =>
    [
        .. world.Kube.Pods.Keys.Select(p => $"pod {p} is left"),
        .. world.Kube.Claims.Keys.Select(c => $"claim {c} is left"),
        .. world.Slurm.Records.Values.Where(r => BackReference.Owns(r.Seen)).Select(r => $"{r.Seen.Name} is left in "
            + $"Slurm: {r.Seen.State} ({r.Seen.Reason})"),
        .. world.Slurm.Partitions.Keys.Where(p => p != "debug").Select(p => $"partition {p} is left"),
        .. world.Kube.ClusterIsGone ? [] : (string[])["the SlurmCluster is left"],
    ];

    private static IEnumerable<NodeName> Members(SimWorld world, IEnumerable<string> pools) => world.Kube.Nodes.Values
        .Where(n => pools.Contains(n.Labels["pool"])).Select(n => new NodeName(n.Name));

    private static string Problem(SimWorld world, NodeName name)
    {
        if (world.Record(name)?.Seen is not { } record)
            return "Slurm does not know it";
        var gpus = world.Kube.Devices[name.Value].Devices.Length;
        if (record.Drains || !record.Responding)
            return $"is {record.State} ({record.Reason})";
        return GresText.Gpus(record.Gres) == gpus ? "" : $"has {record.Gres} in Slurm, but {gpus} GPUs";
    }
}
