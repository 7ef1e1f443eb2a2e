using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Kube.Models;

namespace Bridge.Kube.Fleet;

/// <summary>Pod and ResourceClaim → what Bridge made of them. Null for one that lacks Bridge's marks.</summary>
internal static class PodMapping
{
    public static SlurmdPod? Map(Pod pod)
    {
        var meta = pod.Metadata;
        if (!meta.Labels.TryGetValue(WellKnown.SlurmNodeLabel, out var slurmNode)
            || !meta.Annotations.TryGetValue(WellKnown.KubeNodeAnnotation, out var kubeNode))
            return null;
        var ready = Condition(pod, "Ready") is { Status: "True" } condition ? condition : null;
        return new SlurmdPod
        {
            Namespace = meta.Namespace,
            Name = meta.Name,
            Uid = meta.Uid,
            SlurmNode = new NodeName(slurmNode),
            KubeNode = kubeNode,
            Cluster = meta.Labels.GetValueOrDefault(WellKnown.ClusterLabel, ""),
            Pool = meta.Labels.GetValueOrDefault(WellKnown.PoolLabel, ""),
            SpecHash = meta.Annotations.GetValueOrDefault(WellKnown.SpecHashAnnotation, ""),
            ClaimName = pod.Spec.ResourceClaims is [var claim, ..] ? claim.ResourceClaimName : "",
            Phase = PhaseOf(pod.Status.Phase),
            Ready = ready is not null,
            ReadySince = ready?.LastTransitionTime,
            Deleting = meta.DeletionTimestamp is not null,
            Waiting = Waiting(pod),
        };
    }

    public static SlurmdClaim? Map(ResourceClaim claim)
    {
        var meta = claim.Metadata;
        if (!meta.Labels.TryGetValue(WellKnown.SlurmNodeLabel, out var slurmNode))
            return null;
        return new SlurmdClaim
        {
            Namespace = meta.Namespace,
            Name = meta.Name,
            Uid = meta.Uid,
            SlurmNode = new NodeName(slurmNode),
            Cluster = meta.Labels.GetValueOrDefault(WellKnown.ClusterLabel, ""),
            Allocated = claim.Status.Allocation is not null,
            InUse = claim.Status.ReservedFor.Count > 0,
            Deleting = meta.DeletionTimestamp is not null,
        };
    }

    private static PodPhase PhaseOf(string phase) => phase switch
    {
        "Pending" => PodPhase.Pending,
        "Running" => PodPhase.Running,
        "Succeeded" => PodPhase.Succeeded,
        "Failed" => PodPhase.Failed,
        _ => PodPhase.Unknown,
    };

    private static ObjectCondition? Condition(Pod pod, string type) =>
        pod.Status.Conditions.FirstOrDefault(c => c.Type == type);

    private static string Waiting(Pod pod)
    {
        if (Condition(pod, "PodScheduled") is { Status: "False" } unscheduled)
            return Sentence(unscheduled.Reason, unscheduled.Message);
        var waiting = pod.Status.ContainerStatuses.Select(c => c.State?.Waiting)
            .FirstOrDefault(w => w is { Reason.Length: > 0 });
        return waiting is null ? Sentence(pod.Status.Reason, pod.Status.Message)
            : Sentence(waiting.Reason, waiting.Message);
    }

    private static string Sentence(string reason, string message) =>
        message.Length == 0 ? reason : $"{reason}: {message}";
}
