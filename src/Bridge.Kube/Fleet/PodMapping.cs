using Bridge.Core.Model;
using Bridge.Core.Names;
using k8s.Models;

namespace Bridge.Kube.Fleet;

/// <summary>
/// Pod and ResourceClaim → what Bridge made of them. Null for one that lacks Bridge's marks. The library's models say
/// nothing of null: whatever an object may lack is null.
/// </summary>
internal static class PodMapping
{
    public static SlurmdPod? Map(V1Pod pod)
    {
        var meta = pod.Metadata;
        if (Label(meta, WellKnown.SlurmNodeLabel) is not { Length: > 0 } slurmNode
            || Annotation(meta, WellKnown.KubeNodeAnnotation) is not { Length: > 0 } kubeNode)
            return null;
        var ready = Condition(pod, "Ready") is { Status: "True" } condition ? condition : null;
        return new SlurmdPod
        {
            Namespace = meta.NamespaceProperty ?? "",
            Name = meta.Name,
            Uid = meta.Uid ?? "",
            SlurmNode = new NodeName(slurmNode),
            KubeNode = kubeNode,
            Cluster = Label(meta, WellKnown.ClusterLabel),
            Pool = Label(meta, WellKnown.PoolLabel),
            SpecHash = Annotation(meta, WellKnown.SpecHashAnnotation),
            ClaimName = pod.Spec?.ResourceClaims is [var claim, ..] ? claim.ResourceClaimName ?? "" : "",
            Phase = PhaseOf(pod.Status?.Phase),
            Ready = ready is not null,
            ReadySince = ready?.LastTransitionTime is { } since ? new DateTimeOffset(since) : null,
            Deleting = meta.DeletionTimestamp is not null,
            Scheduled = Condition(pod, "PodScheduled") is { Status: "True" },
            Waiting = Waiting(pod),
        };
    }

    public static SlurmdClaim? Map(Resourcev1ResourceClaim claim)
    {
        var meta = claim.Metadata;
        if (Label(meta, WellKnown.SlurmNodeLabel) is not { Length: > 0 } slurmNode)
            return null;
        return new SlurmdClaim
        {
            Namespace = meta.NamespaceProperty ?? "",
            Name = meta.Name,
            Uid = meta.Uid ?? "",
            SlurmNode = new NodeName(slurmNode),
            Cluster = Label(meta, WellKnown.ClusterLabel),
            Allocated = claim.Status?.Allocation is not null,
            InUse = claim.Status?.ReservedFor is { Count: > 0 },
            Deleting = meta.DeletionTimestamp is not null,
        };
    }

    private static PodPhase PhaseOf(string? phase) => phase switch
    {
        "Pending" => PodPhase.Pending,
        "Running" => PodPhase.Running,
        "Succeeded" => PodPhase.Succeeded,
        "Failed" => PodPhase.Failed,
        _ => PodPhase.Unknown,
    };

    private static V1PodCondition? Condition(V1Pod pod, string type) =>
        pod.Status?.Conditions?.FirstOrDefault(c => c.Type == type);

    private static string Waiting(V1Pod pod)
    {
        if (Condition(pod, "PodScheduled") is { Status: "False" } unscheduled)
            return Sentence(unscheduled.Reason, unscheduled.Message);
        var waiting = pod.Status?.ContainerStatuses?.Select(c => c.State?.Waiting)
            .FirstOrDefault(w => w is { Reason.Length: > 0 });
        return waiting is null ? Sentence(pod.Status?.Reason, pod.Status?.Message)
            : Sentence(waiting.Reason, waiting.Message);
    }

    private static string Sentence(string? reason, string? message) =>
        string.IsNullOrEmpty(message) ? reason ?? "" : $"{reason}: {message}";

    private static string Label(V1ObjectMeta? meta, string name) => Value(meta?.Labels, name);

    private static string Annotation(V1ObjectMeta? meta, string name) => Value(meta?.Annotations, name);

    private static string Value(IDictionary<string, string>? values, string name) =>
        values is not null && values.TryGetValue(name, out var value) ? value ?? "" : "";
}
