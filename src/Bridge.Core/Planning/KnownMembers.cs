using System.Runtime.CompilerServices;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Policy;
using Bridge.Core.View;

namespace Bridge.Core.Planning;

/// <summary>
/// Describes a member once for as long as everything that it is made from stays the same: most nodes are as they were
/// at the last plan. All inputs are immutable, so this changes what a plan costs and never what it says; what was
/// remembered goes with its Kubernetes node.
/// </summary>
internal static class KnownMembers
{
    private static readonly ConditionalWeakTable<KubeNode, Known> Members = new();

    public static Member Of(ClusterView view, KubeNode node, NodePool pool, NodeName name)
    {
        var (cluster, devices) = (view.Cluster.Spec, view.Kube.DevicesOf(node.Name));
        if (Members.TryGetValue(node, out var known)
            && ReferenceEquals(known.Member.Pool, pool) && known.Cluster == cluster && known.Devices == devices)
            return known.Member;
        var member = DesiredNodes.Describe(view, node, pool) with { Slices = devices.State };
        if (member.Desired is { } desired)
            member = member with
            {
                ClaimName = SlurmdPods.ClaimName(name, desired),
                SpecHash = SlurmdPods.SpecHash(cluster, member, name),
            };
        Members.AddOrUpdate(node, new Known(cluster, devices, member));
        return member;
    }

    private sealed record Known(SlurmClusterSpec Cluster, NodeDevices Devices, Member Member);
}
