using System.Collections.Immutable;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Policy;
using Bridge.Core.View;

namespace Bridge.Core.Planning;

/// <summary>What Kubernetes has of a SlurmCluster that goes or is gone.</summary>
internal sealed record Remains(
    ImmutableArray<SlurmdPod> Pods, ImmutableArray<SlurmdClaim> Claims, ImmutableArray<PartitionPolicy> Claimed)
{
    /// <summary>No pod runs for it, and no claim holds GPUs.</summary>
    public bool NoPods => Pods.IsEmpty && Claims.IsEmpty;

    /// <summary>How many pods, or without any how many claims.</summary>
    public override string ToString() => Pods.IsEmpty ? Sentences.Count(Claims.Length, "GPU claim")
        : Sentences.Count(Pods.Length, "slurmd pod");

    /// <summary>Of the policies those that have made, or may have made, a partition.</summary>
    public static Remains Of(KubeView kube, string inNamespace, string cluster) => new(
        [.. kube.Pods.Where(p => p.Namespace == inNamespace && p.Cluster == cluster)],
        [.. kube.Claims.Where(c => c.Namespace == inNamespace && c.Cluster == cluster)],
        [.. kube.Partitions.Where(p => p.HasFinalizer && p.Ref.Namespace == inNamespace && p.Spec.Cluster == cluster)]);

    /// <summary>
    /// Ends its pods whatever runs there. Nobody is asked: an administrator said so, by an annotation on this object.
    /// </summary>
    public IEnumerable<Step> Abandon(ObjectRef about) => Pods.Where(p => !p.Deleting).Select(p => (Step)new DeletePod(
        about, $"end pod {p.Name}, whatever runs there: {about.Kind} {about.Name} is abandoned "
            + $"({WellKnown.AbandonAnnotation})",
        p.SlurmNode, p.Namespace, p.Name, p.Uid));

    /// <summary>A claim that no pod uses, and that none is left to use, holds GPUs for nothing.</summary>
    public IEnumerable<Step> FreeClaims(ObjectRef about) => Claims
        .Where(c => c is { InUse: false, Deleting: false } && !Pods.Any(p => p.SlurmNode == c.SlurmNode))
        .Select(c => (Step)new DeleteClaim(
            about, $"no pod uses the GPU claim {c.Name} of node {c.SlurmNode} any more", c.SlurmNode, c.Namespace,
            c.Name, c.Uid));

    /// <summary>The command by which an administrator lets go.</summary>
    public static string Command(ObjectRef about) =>
        $"kubectl -n {about.Namespace} annotate {about.Kind.ToLowerInvariant()} {about.Name} "
        + $"{WellKnown.AbandonAnnotation}=true";
}
