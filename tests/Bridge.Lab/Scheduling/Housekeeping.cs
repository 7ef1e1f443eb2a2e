using System.Collections.Immutable;
using Bridge.Kube.Models;
using Bridge.Lab.Models;

namespace Bridge.Lab.Scheduling;

/// <summary>
/// What kube-controller-manager does beside the scheduler, for what Bridge makes: claims of ended pods give their
/// devices back (resourceclaim controller), claims whose pod is gone are deleted (garbage collector), pods whose node
/// is gone too (pod GC).
/// </summary>
public static class Housekeeping
{
    public static ImmutableArray<Decision> Decide(SchedulerView view)
    {
        var pods = view.Pods.Values.ToDictionary(p => p.Metadata.Uid);
        var decisions = ImmutableArray.CreateBuilder<Decision>();
        foreach (var claim in view.Claims.Values.OrderBy(c => c.Metadata.Key()))
        {
            var remaining = claim.Status.ReservedFor.Where(c => Holds(c, pods)).ToImmutableArray();
            var stale = remaining.Length < claim.Status.ReservedFor.Count;
            if (stale || (remaining.IsEmpty && claim.Deleting
                && claim.Metadata.Finalizers.Contains(LabKeys.ClaimFinalizer)))
                decisions.Add(new ReleaseClaim(claim, remaining));
            else if (!claim.Deleting && OwnerGone(claim, pods))
                decisions.Add(new CollectClaim(claim));
        }
        foreach (var pod in view.Pods.Values.OrderBy(p => p.Metadata.Key()))
            if (pod.Spec.NodeName.Length > 0 && !view.Nodes.ContainsKey(new ObjectKey("", pod.Spec.NodeName)))
                decisions.Add(new CollectPod(pod));
        return decisions.ToImmutable();
    }

    private static bool Holds(ClaimConsumer consumer, Dictionary<string, LabPod> pods) =>
        consumer.Resource != "pods" || (pods.TryGetValue(consumer.Uid, out var pod) && !pod.Finished);

    private static bool OwnerGone(LabClaim claim, Dictionary<string, LabPod> pods) =>
        claim.Metadata.OwnerReferences is { Count: > 0 } owners
        && owners.All(o => o.Kind == "Pod" && !pods.ContainsKey(o.Uid));
}
