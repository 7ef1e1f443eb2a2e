using System.Collections.Immutable;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Policy;
using Bridge.Core.SlurmText;

namespace Bridge.Core.Planning;

/// <summary>
/// The status of one NodePool: its counts, and the first things that are wrong with its nodes, each in a sentence.
/// </summary>
internal static class PoolStatus
{
    public static WritePoolStatus? Write(
        Fleet fleet, NodePool pool, ImmutableArray<FleetRow> rows, NodeWishes wishes, Refusals refusals)
    {
        var counts = new NodePoolCounts
        {
            KubeNodes = rows.Length,
            Pods = rows.Count(r => r.Pod is { Ready: true, Deleting: false }),
            SlurmNodes = rows.Count(r => r.Record is not null),
            Gpus = rows.Sum(r => r.Record is { } n ? GresText.Gpus(n.Gres) : 0),
            Drained = rows.Count(r => r.Record is { Drains: true }),
        };
        var ready = fleet.View.Cluster.Deleting ? Leaving(fleet, pool, rows)
            : Ready(fleet, pool, rows, wishes, refusals);
        var changed = StatusPlanner.Changed(pool.Conditions, [ready], fleet.Time.Now);
        return changed is null && counts == pool.Counts
            ? null
            : new WritePoolStatus(pool.Ref, ready.Message, changed ?? pool.Conditions, counts)
                { ResourceVersion = pool.ResourceVersion };
    }

    private static Condition Leaving(Fleet fleet, NodePool pool, ImmutableArray<FleetRow> rows) => new()
    {
        Type = WellKnown.ReadyCondition,
        Status = ConditionStatus.False,
        Reason = StatusPlanner.ClusterDeleting,
        Message = StatusPlanner.ClusterGoes(fleet) + (rows.IsEmpty ? ", and none of its slurmd pods is left"
            : $"; slurmd pods are left on {Hostlist.Compress(rows.Select(r => r.Name))}"),
        ObservedGeneration = pool.Generation,
    };

    private static Condition Ready(
        Fleet fleet, NodePool pool, ImmutableArray<FleetRow> rows, NodeWishes wishes, Refusals refusals)
    {
        var late = new LateNodes(fleet);
        var problems = new List<string>(refusals.Of(pool.Ref));
        problems.AddRange(Problems(fleet, pool, rows, wishes, late));
        return new Condition
        {
            Type = WellKnown.ReadyCondition,
            Status = problems.Count == 0 ? ConditionStatus.True : ConditionStatus.False,
            Reason = problems.Count == 0 ? rows.IsEmpty ? "NoNodes" : "Synced"
                : rows.Any(r => r.PlanFailure.Length > 0) ? Bulkhead.Reason : "NeedsAttention",
            Message = Message(pool, rows, problems, late),
            ObservedGeneration = pool.Generation,
        };
    }

    private static string Message(NodePool pool, ImmutableArray<FleetRow> rows, List<string> problems, LateNodes late)
    {
        if (problems.Count > 0)
            return Sentences.Join(problems);
        var selector = pool.Spec.NodeSelector;
        if (!rows.IsEmpty)
            return late.OnTheirWay == 0 ? $"{rows.Length} nodes are as they should be"
                : $"{rows.Length} nodes are as they should be, or on their way";
        return selector.MatchLabels.IsEmpty && selector.MatchExpressions.IsEmpty
            ? "spec.nodeSelector is empty and an empty one selects nothing; give matchLabels or matchExpressions"
            : "no Kubernetes node matches spec.nodeSelector";
    }

    private static List<string> Problems(
        Fleet fleet, NodePool pool, ImmutableArray<FleetRow> rows, NodeWishes wishes, LateNodes late)
    {
        var found = new List<string>(fleet.Problems.Of(pool.Ref.Name));
        if (fleet.View.Cluster.Spec.SlurmKeyRef is null && !rows.IsEmpty)
            found.Add($"SlurmCluster {fleet.View.Cluster.Ref.Name} has no spec.slurmKeyRef, which slurmd pods need to "
                + "speak to Slurm");
        foreach (var row in rows)
            if (Problem(fleet, row, late) is { } sentence)
                found.Add(sentence);
        if (wishes.HeldBack.TryGetValue(pool.Ref.Name, out var held))
            found.Add($"{held.Count} more drains are held back so that not too many nodes go at once, the first: "
                + $"{held[0].Why}");
        return found;
    }

    private static string? Problem(Fleet fleet, FleetRow row, LateNodes late)
    {
        var member = row.Member!;
        if (row.PlanFailure.Length > 0)
            return $"node {row.Name}: {row.PlanFailure}";
        if (member.Problem.Length > 0)
            return $"node {member.Node.Name}: {member.Problem}";
        if (row.Foreign)
            return $"Slurm already has a node {row.Name} that Bridge did not make; "
                + $"delete it there, or set label {WellKnown.SlurmNodeLabel} on {member.Node.Name}";
        if (row.Record is { } record && record.State.HasFlag(SlurmNodeState.InvalidReg))
            return $"Slurm refused what the slurmd of {row.Name} registered: {Or(record.Reason, "no reason given")}";
        if (row is { Record: { Drains: false } known, Member.Desired.Gpus: > 0 } && known.Gres.Length == 0 && row.Pod is
            { Ready: true })
            return $"Slurm shows node {row.Name} without GPUs; does gres.conf on the controller have a line for type "
                + $"{GresText.Parse(member.Desired!.Gres)[0].Type}?";
        var overdue = late.Problem(row);
        if (row.Pod is { Waiting.Length: > 0 } pod && (overdue is not null || !IsStarting(pod.Waiting)))
            return $"pod {pod.Name} waits: {pod.Waiting}";
        return LifecyclePlanner.Unregistered(fleet, row) ? $"the slurmd of {row.Name} runs, but has not registered in "
            + "Slurm" : overdue;
    }

    // Every pod waits so for a moment.
    private static bool IsStarting(string waiting) => waiting is "ContainerCreating" or "PodInitializing";

    private static string Or(string text, string otherwise) => text.Length > 0 ? text : otherwise;
}
