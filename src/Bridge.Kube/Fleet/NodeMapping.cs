using System.Collections.Immutable;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Kube.Models;

namespace Bridge.Kube.Fleet;

/// <summary>Node → KubeNode.</summary>
internal static class NodeMapping
{
    /// <param name="node">As stored.</param>
    /// <param name="before">
    /// What the last version became. When nothing that Bridge reads has changed (a heartbeat), the same value comes
    /// back.
    /// </param>
    public static KubeNode Map(NodeObject node, KubeNode? before)
    {
        var meta = node.Metadata;
        var ready = node.Status.Conditions.FirstOrDefault(c => c.Type == WellKnown.ReadyCondition);
        var drained = node.Status.Conditions.FirstOrDefault(c => c.Type == WellKnown.SlurmDrainedCondition);
        var mapped = new KubeNode
        {
            Name = meta.Name,
            Uid = meta.Uid,
            Labels = Same(before?.Labels, meta.Labels),
            Annotations = Same(before?.Annotations, meta.Annotations),
            Cordoned = node.Spec.Unschedulable,
            Deleting = meta.DeletionTimestamp is not null,
            Ready = StatusOf(ready),
            ReadyMessage = ready?.Message ?? "",
            SlurmDrained = drained is null ? null
            : new NodeCondition(StatusOf(drained), drained.Reason, drained.Message),
            Taints = Same(before?.Taints, [.. node.Spec.Taints.Select(t => new Taint(t.Key, t.Value, t.Effect))]),
            AllocatableMilliCpu = Quantity.Milli(Allocatable(node, "cpu")) ?? 0,
            AllocatableMemoryBytes = Quantity.Value(Allocatable(node, "memory")) ?? 0,
            AllocatableGpus = (int)(Quantity.Value(Allocatable(node, WellKnown.NvidiaGpuResource)) ?? 0),
        };
        return before is not null && mapped == before ? before : mapped;
    }

    public static ConditionStatus StatusOf(ObjectCondition? condition) => condition?.Status switch
    {
        "True" => ConditionStatus.True,
        "False" => ConditionStatus.False,
        _ => ConditionStatus.Unknown,
    };

    private static string Allocatable(NodeObject node, string resource) =>
        node.Status.Allocatable?.GetValueOrDefault(resource) ?? "0";

    // The old collection is kept where it says the same: records then compare equal, and memory is shared.
    private static ImmutableDictionary<string, string> Same(
        ImmutableDictionary<string, string>? before, IReadOnlyDictionary<string, string> now) =>
        before is not null && before.Count == now.Count
            && now.All(p => before.TryGetValue(p.Key, out var value) && value == p.Value)
            ? before
            : now.ToImmutableDictionary();

    private static ImmutableArray<Taint> Same(ImmutableArray<Taint>? before, ImmutableArray<Taint> now) =>
        before is { } old && old.SequenceEqual(now) ? old : now;
}
