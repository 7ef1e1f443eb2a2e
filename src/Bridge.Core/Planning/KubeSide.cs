using System.Collections.Immutable;
using System.Text.Json;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Policy;
using Bridge.Core.View;

namespace Bridge.Core.Planning;

/// <summary>
/// What Kubernetes says of one cluster's nodes, by Slurm node name. It is the same object for as long as nodes,
/// devices, pods, claims and the specs of pools are: a status that somebody writes is no reason to look at
/// ten thousand nodes.
/// </summary>
internal sealed class KubeSide
{
    private readonly KubeView from;
    private readonly SlurmCluster cluster;
    private readonly string specs;

    private KubeSide(ClusterView view, string specs, KubeSide? last)
    {
        (from, cluster, this.specs) = (view.Kube, view.Cluster, specs);
        (Members, Problems) = Membership.Resolve(view, last);
        Pods = last is not null && last.from.Pods == from.Pods ? last.Pods : OnePerNode(from.Pods.Where(IsOurs));
        Claims = last is not null && last.from.Claims == from.Claims ? last.Claims
            : from.Claims.Where(c => c.Namespace == cluster.Ref.Namespace && c.Cluster == cluster.Ref.Name)
                .GroupBy(c => c.SlurmNode).ToDictionary(g => g.Key, g => g.ToImmutableArray());
        LeftCordoned = CordonedBy(view);
        Names = [.. Members.Keys.Union(Pods.Keys).Union(Claims.Keys).Order()];
    }

    public IReadOnlyDictionary<NodeName, Member> Members { get; }
    public MembershipProblems Problems { get; }
    public IReadOnlyDictionary<NodeName, SlurmdPod> Pods { get; }
    public IReadOnlyDictionary<NodeName, ImmutableArray<SlurmdClaim>> Claims { get; }

    /// <summary>Nodes that Bridge cordoned and that no pool of any cluster selects any more, in order.</summary>
    public ImmutableArray<KubeNode> LeftCordoned { get; }

    /// <summary>Every node that has any of the three, in order.</summary>
    public ImmutableArray<NodeName> Names { get; }

    public static KubeSide Of(ClusterView view, KubeSide? last)
    {
        var kube = view.Kube;
        if (last is not null && last.from.Pools == kube.Pools && ReferenceEquals(last.cluster, view.Cluster)
            && last.IsOf(kube))
            return last;
        var specs = Specs(view);
        return last is not null && last.specs == specs && last.IsOf(kube) ? last
            : new KubeSide(view, specs, last?.specs == specs ? last : null);
    }

    /// <inheritdoc cref="LeftCordoned"/>
    public static ImmutableArray<KubeNode> CordonedBy(ClusterView view)
    {
        var pools = view.Kube.Pools.Where(p => !p.Deleting && !(view.Cluster.Deleting && IsOf(p, view.Cluster)))
            .ToList();
        return [.. view.Kube.Nodes.Values.Where(n => n.Annotations.ContainsKey(WellKnown.CordonedAnnotation)
            && !n.Deleting && !pools.Exists(p => Membership.Selects(p.Spec.NodeSelector, n)))
            .OrderBy(n => n.Name, StringComparer.Ordinal)];
    }

    public bool Has(NodeName name) => Members.ContainsKey(name) || Pods.ContainsKey(name) || Claims.ContainsKey(name);

    /// <summary>What is known of a node, where nothing that it was made from has changed.</summary>
    public Member? Known(NodeName name, KubeNode node, NodePool pool, NodeDevices devices) =>
        Members.GetValueOrDefault(name) is { } member && ReferenceEquals(member.Node, node)
        && member.Pool.Ref == pool.Ref && member.Devices == devices
            ? member
            : null;

    private static bool IsOf(NodePool pool, SlurmCluster cluster) =>
        pool.Ref.Namespace == cluster.Ref.Namespace && pool.Spec.Cluster == cluster.Ref.Name;

    private bool IsOf(KubeView kube) => ReferenceEquals(from.Nodes, kube.Nodes)
        && ReferenceEquals(from.Devices, kube.Devices) && from.Pods == kube.Pods && from.Claims == kube.Claims;

    private bool IsOurs(SlurmdPod pod) => pod.Namespace == cluster.Ref.Namespace && pod.Cluster == cluster.Ref.Name;

    // Everything of cluster and pools but their status.
    private static string Specs(ClusterView view) => string.Join('\n',
    [
        $"{view.Cluster.Ref} {view.Cluster.Deleting} "
            + JsonSerializer.Serialize(view.Cluster.Spec, CoreJson.Default.SlurmClusterSpec),
        .. view.Kube.Pools.Select(p =>
            $"{p.Ref} {p.Ref.Uid} {p.Deleting} {JsonSerializer.Serialize(p.Spec, CoreJson.Default.NodePoolSpec)}"),
    ]);

    // Pod names are fixed by the node, so there is one pod per node; were there ever two, the living one counts.
    private static Dictionary<NodeName, SlurmdPod> OnePerNode(IEnumerable<SlurmdPod> pods)
    {
        var found = new Dictionary<NodeName, SlurmdPod>();
        foreach (var pod in pods)
            if (!found.TryGetValue(pod.SlurmNode, out var other) || (other.Deleting && !pod.Deleting))
                found[pod.SlurmNode] = pod;
        return found;
    }
}
