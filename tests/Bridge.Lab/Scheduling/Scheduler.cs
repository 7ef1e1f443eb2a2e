using System.Collections.Immutable;
using System.Globalization;
using Bridge.Kube.Models;
using Bridge.Lab.Models;

namespace Bridge.Lab.Scheduling;

/// <summary>
/// The lab's scheduler as a function of what it sees. At most one pod a node in a round: the next round sees what this
/// one took. The controllers that a scheduler relies on (claims of ended pods, garbage) are <see cref="Housekeeping"/>.
/// </summary>
public static class Scheduler
{
    private const string Name = "default-scheduler";

    public static ImmutableArray<Decision> Decide(SchedulerView view)
    {
        var decisions = ImmutableArray.CreateBuilder<Decision>();
        var busyNodes = new HashSet<string>();
        var busyClaims = new HashSet<ObjectKey>();
        var inUse = view.Claims.Values
            .Where(c => c.Status.Allocation is not null)
            .SelectMany(c => c.Status.Allocation!.Devices.Results)
            .Where(r => r.AdminAccess != true).Select(r => r.Id).ToHashSet();
        var bound = view.Pods.Values.Where(p => p.Spec.NodeName.Length > 0 && !p.Finished)
            .ToLookup(p => p.Spec.NodeName);
        foreach (var pod in Pending(view))
        {
            var decision = Place(pod, view, bound, inUse, node => !busyNodes.Contains(node));
            if (decision is BindPod bind)
            {
                if (bind.Grants.Any(g => !busyClaims.Add(g.Claim.Metadata.Key())))
                    continue;
                busyNodes.Add(bind.Node);
            }
            if (decision is not null and not HoldPod { Message: "" } && !SaidAlready(decision))
                decisions.Add(decision);
        }
        return decisions.ToImmutable();
    }

    private static IEnumerable<LabPod> Pending(SchedulerView view) => view.Pods.Values
        .Where(p => p.Spec.NodeName.Length == 0 && !p.Deleting && !p.Finished && p.Spec.SchedulerName is "" or Name)
        .OrderBy(p => p.Metadata.CreationTimestamp).ThenBy(p => p.Metadata.Key());

    /// <summary>
    /// A binding, a hold with the reasons, or null when only nodes that are busy in this round would do.
    /// </summary>
    private static Decision? Place(
        LabPod pod, SchedulerView view,
        ILookup<string, LabPod> bound, IReadOnlySet<DeviceId> inUse, Predicate<string> free)
    {
        if (Claims(pod, view, out var claims) is { Length: > 0 } missing)
            return new HoldPod(pod, missing);
        var refusals = new List<string>();
        foreach (var node in view.Nodes.Values.OrderBy(n => bound[n.Metadata.Name].Count())
            .ThenBy(n => n.Metadata.Key()))
        {
            var refusal = NodeFit.Refusal(pod, node, [.. bound[node.Metadata.Name]]);
            var grants = ImmutableArray<ClaimGrant>.Empty;
            if (refusal.Length == 0)
                (grants, refusal) = Grant(claims, node, view, inUse);
            if (refusal.Length > 0)
                refusals.Add(refusal);
            else if (free(node.Metadata.Name))
                return new BindPod(pod, node.Metadata.Name, grants);
        }
        return refusals.Count == view.Nodes.Count ? new HoldPod(pod, Summary(refusals)) : null;
    }

    private static string Claims(LabPod pod, SchedulerView view, out ImmutableArray<LabClaim> claims)
    {
        var found = ImmutableArray.CreateBuilder<LabClaim>();
        claims = [];
        foreach (var wanted in pod.Spec.ResourceClaims)
        {
            if (wanted.ResourceClaimTemplateName.Length > 0)
                return $"claim {wanted.Name}: the lab makes no claims from templates";
            if (!view.Claims.TryGetValue(
                new ObjectKey(pod.Metadata.Namespace, wanted.ResourceClaimName), out var claim))
                return $"resourceclaim \"{wanted.ResourceClaimName}\" not found";
            if (claim.Deleting)
                return $"resourceclaim \"{wanted.ResourceClaimName}\" is being deleted";
            found.Add(claim);
        }
        claims = found.ToImmutable();
        return "";
    }

    private static (ImmutableArray<ClaimGrant> Grants, string Refusal) Grant(
        ImmutableArray<LabClaim> claims, NodeObject node, SchedulerView view, IReadOnlySet<DeviceId> inUse)
    {
        if (claims.IsEmpty)
            return ([], "");
        var allocator = new DeviceAllocator(
            DevicePool.OfNode(view.Slices.Values, node.Metadata.Name), view.Classes, inUse);
        var grants = ImmutableArray.CreateBuilder<ClaimGrant>();
        foreach (var claim in claims)
        {
            if (claim.Status.Allocation is { } allocation)
            {
                if (allocation.NodeSelector is { } selector && !NodeFit.Selects(selector, node))
                    return ([], "node(s) cannot use the devices that the pod's claim has on another node");
                grants.Add(new ClaimGrant(claim, null));
                continue;
            }
            var result = allocator.Allocate(claim);
            if (result.Refusal.Length > 0)
                return ([], result.Refusal);
            grants.Add(new ClaimGrant(claim, result.Devices));
        }
        return (grants.ToImmutable(), "");
    }

    private static string Summary(List<string> refusals)
    {
        var reasons = refusals.GroupBy(r => r).OrderByDescending(g => g.Count())
            .ThenBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => string.Create(CultureInfo.InvariantCulture, $"{g.Count()} {g.Key}"));
        var head = string.Create(CultureInfo.InvariantCulture, $"0/{refusals.Count} nodes are available");
        return refusals.Count == 0 ? "no nodes available to schedule pods" : $"{head}: {string.Join(", ", reasons)}.";
    }

    private static bool SaidAlready(Decision decision) => decision is HoldPod hold
        && hold.Pod.Status.Conditions.Any(
            c => c is { Type: "PodScheduled", Status: "False" } && c.Message == hold.Message);
}
