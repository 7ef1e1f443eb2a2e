using System.Collections.Immutable;
using Bridge.Core.Model;
using Bridge.Core.Names;
using k8s.Models;

namespace Bridge.Kube.Fleet;

/// <summary>Node → KubeNode. Whatever a node may lack is null.</summary>
internal static class NodeMapping
{
    /// <param name="node">As stored.</param>
    /// <param name="before">
    /// What the last version became. When nothing that Bridge reads has changed (a heartbeat), the same value comes
    /// back.
    /// </param>
    public static KubeNode Map(V1Node node, KubeNode? before)
    {
        var meta = node.Metadata;
        var ready = Condition(node, WellKnown.ReadyCondition);
        var drained = Condition(node, WellKnown.SlurmDrainedCondition);
        var mapped = new KubeNode
        {
            Name = meta.Name,
            Uid = meta.Uid ?? "",
            Labels = Same(before?.Labels, meta.Labels),
            Annotations = Same(before?.Annotations, meta.Annotations),
            Cordoned = node.Spec?.Unschedulable == true,
            Deleting = meta.DeletionTimestamp is not null,
            Ready = StatusOf(ready?.Status),
            ReadyMessage = ready?.Message ?? "",
            SlurmDrained = drained is null ? null
                : new NodeCondition(StatusOf(drained.Status), drained.Reason ?? "", drained.Message ?? "")
                    { Since = drained.LastTransitionTime ?? default(DateTimeOffset) },
            Taints = Same(
                before?.Taints,
                [.. (node.Spec?.Taints ?? []).Select(t => new Taint(t.Key, t.Value ?? "", t.Effect))]),
            AllocatableMilliCpu = Allocatable(node, "cpu", scale: 1000),
            AllocatableMemoryBytes = Allocatable(node, "memory"),
            AllocatableGpus = (int)Allocatable(node, WellKnown.NvidiaGpuResource),
        };
        return before is not null && mapped == before ? before : mapped;
    }

    public static ConditionStatus StatusOf(string? status) => status switch
    {
        "True" => ConditionStatus.True,
        "False" => ConditionStatus.False,
        _ => ConditionStatus.Unknown,
    };

    private static V1NodeCondition? Condition(V1Node node, string type) =>
        node.Status?.Conditions?.FirstOrDefault(c => c.Type == type);

    // Rounded down, as Slurm must never be promised more than there is. What no long holds is no quantity of a node.
    private static long Allocatable(V1Node node, string resource, int scale = 1)
    {
        if (node.Status?.Allocatable is not { } all || !all.TryGetValue(resource, out var quantity))
            return 0;
        var value = decimal.Floor(quantity.ToDecimal() * scale);
        return value is >= 0 and <= long.MaxValue ? (long)value : 0;
    }

    // The old collection is kept where it says the same: records then compare equal, and memory is shared.
    private static ImmutableDictionary<string, string> Same(
        ImmutableDictionary<string, string>? before, IDictionary<string, string>? now) =>
        before is not null && before.Count == (now?.Count ?? 0)
            && before.All(p => now!.TryGetValue(p.Key, out var value) && value == p.Value)
            ? before
            : now?.ToImmutableDictionary() ?? ImmutableDictionary<string, string>.Empty;

    private static ImmutableArray<Taint> Same(ImmutableArray<Taint>? before, ImmutableArray<Taint> now) =>
        before is { } old && old.SequenceEqual(now) ? old : now;
}
