using Bridge.Core.Model;
using Bridge.Core.Names;

namespace Bridge.Core.Planning;

/// <summary>
/// Slurm → Kubernetes: a drain that Bridge did not ask for shows as a node condition and, if the pool says so, cordons
/// the node.
/// </summary>
public static class ConditionPlanner
{
    public static IEnumerable<Step> Plan(Fleet fleet)
    {
        foreach (var row in fleet.Rows)
        {
            if (row.Member is not { } member)
                continue;
            if (Condition(fleet, row, member.Node) is { } condition)
                yield return condition;
            if (Cordon(fleet, member, row.Record) is { } cordon)
                yield return cordon;
        }
        foreach (var node in fleet.LeftCordoned)
            yield return Uncordon(node, fleet.View.Cluster.Deleting
                ? $"SlurmCluster {fleet.View.Cluster.Ref.Name} is being deleted" : "no NodePool selects it any more");
    }

    // The condition appears when somebody else first keeps the node from work; a node that never had one is not written
    // to. Written once for each such drain, and once for its end, whoever leads by then.
    private static SetNodeCondition? Condition(Fleet fleet, FleetRow row, KubeNode node) => row.Record switch
    {
        { HeldByOthers: true } record => Held(node, record, fleet.Time.Now),
        _ when row.Foreign || node.SlurmDrained is not { Status: ConditionStatus.True } => null,
        { Held: true } record => Free(
            fleet, node, $"node {node.Name} is no longer kept from work by somebody else; Slurm's reason is now "
                + $"'{record.Reason}'"),
        not null => Free(fleet, node, $"node {node.Name} is no longer drained in Slurm"),
        // Not when Slurm has no node at all, as for a cordon.
        null => fleet.RecordsByName.Count == 0 ? null
            : Free(fleet, node, $"node {node.Name} is no longer drained in Slurm: Slurm has no record of it"),
    };

    private static SetNodeCondition? Held(KubeNode node, SlurmNode record, DateTimeOffset now)
    {
        var condition = new NodeCondition(
            ConditionStatus.True, "DrainedInSlurm", record.Reason.Length == 0 ? "no reason given" : record.Reason)
            .After(node.SlurmDrained, now);
        return node.SlurmDrained == condition ? null : new SetNodeCondition(
            About(node), $"node {node.Name} is {How(record)} in Slurm: {condition.Message}", node.Name, condition);
    }

    private static SetNodeCondition Free(Fleet fleet, KubeNode node, string why) => new(
        About(node), why, node.Name,
        new NodeCondition(ConditionStatus.False, "NotDrained", "nobody but Bridge keeps Slurm from using the node")
            .After(node.SlurmDrained, fleet.Time.Now));

    private static SetCordon? Cordon(Fleet fleet, Member member, SlurmNode? record)
    {
        var node = member.Node;
        var ours = node.Annotations.ContainsKey(WellKnown.CordonedAnnotation);
        var rule = member.Pool.Spec.CordonOnSlurmDrain;
        if (record is { HeldByOthers: true } && rule && !node.Cordoned && !ours)
            return new SetCordon(
                About(node), $"cordon {node.Name}: it is {How(record)} in Slurm ({record.Reason})", node.Name,
                Cordoned: true) { FirstAnnotation = node.Annotations.IsEmpty };
        if (!ours || (rule && record is { HeldByOthers: true }))
            return null;
        if (record is not null)
            return Uncordon(node, "Slurm uses it again");
        // Not when Slurm has no node at all: that is a sick slurmctld, which has not told that the drain is over.
        return fleet.RecordsByName.Count == 0 ? null : Uncordon(node, "Slurm has no record of it any more");
    }

    internal static SetCordon Uncordon(KubeNode node, string because) =>
        new(About(node), $"uncordon {node.Name}: {because}", node.Name, Cordoned: false);

    private static ObjectRef About(KubeNode node) => new("Node", "", node.Name, node.Uid);

    private static string How(SlurmNode record) => record.Drains ? "drained"
        : record.State.HasFlag(SlurmNodeState.Fail) ? "failing"
        : "down";
}
