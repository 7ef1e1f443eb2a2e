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
            if (row is not { Member: { } member, Record: { } record })
                continue;
            var foreign = record.HeldByOthers;
            if (Condition(member.Node, record, foreign) is { } condition)
                yield return condition;
            if (Cordon(member, record, foreign) is { } cordon)
                yield return cordon;
        }
    }

    // The condition appears when somebody else first keeps the node from work; a node that never had one is not written
    // to.
    private static SetNodeCondition? Condition(KubeNode node, SlurmNode record, bool foreign)
    {
        if (!foreign && node.SlurmDrained is null or { Status: ConditionStatus.False })
            return null;
        var condition = foreign
            ? new NodeCondition(
                ConditionStatus.True, "DrainedInSlurm", record.Reason.Length == 0 ? "no reason given" : record.Reason)
            : new NodeCondition(ConditionStatus.False, "NotDrained", "Slurm may use the node");
        return node.SlurmDrained == condition ? null : new SetNodeCondition(
            new ObjectRef("Node", "", node.Name, node.Uid),
            foreign ? $"node {node.Name} is {How(record)} in Slurm: {condition.Message}"
                : $"node {node.Name} is no longer drained in Slurm",
            node.Name, condition);
    }

    private static SetCordon? Cordon(Member member, SlurmNode record, bool foreign)
    {
        var node = member.Node;
        var about = new ObjectRef("Node", "", node.Name, node.Uid);
        var ours = node.Annotations.ContainsKey(WellKnown.CordonedAnnotation);
        if (foreign && member.Pool.Spec.CordonOnSlurmDrain && !node.Cordoned && !ours)
            return new SetCordon(
                about, $"cordon {node.Name}: it is {How(record)} in Slurm ({record.Reason})", node.Name,
                Cordoned: true);
        if (ours && (!foreign || !member.Pool.Spec.CordonOnSlurmDrain))
            return new SetCordon(about, $"uncordon {node.Name}: Slurm uses it again", node.Name, Cordoned: false);
        return null;
    }

    private static string How(SlurmNode record) => record.Drains ? "drained"
        : record.State.HasFlag(SlurmNodeState.Fail) ? "failing"
        : "down";
}
