using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Policy;
using Bridge.Core.View;

namespace Bridge.Core.Planning;

/// <summary>
/// What Kubernetes says of one cluster's nodes, by Slurm node name. Made once per cluster and KubeView, which is one
/// value for as long as nothing in it changed, while Slurm is read anew every few seconds.
/// </summary>
internal sealed class KubeSide
{
    private static readonly ConditionalWeakTable<KubeView, ConcurrentDictionary<ObjectRef, KubeSide>> Known = new();

    private readonly SlurmClusterSpec spec;

    private KubeSide(ClusterView view)
    {
        var cluster = view.Cluster.Ref;
        spec = view.Cluster.Spec;
        (Members, Problems) = Membership.Resolve(view);
        Pods = OnePerNode(view.Kube.Pods.Where(p => p.Namespace == cluster.Namespace && p.Cluster == cluster.Name));
        Claims = view.Kube.Claims.Where(c => c.Namespace == cluster.Namespace && c.Cluster == cluster.Name)
            .GroupBy(c => c.SlurmNode).ToDictionary(g => g.Key, g => g.ToImmutableArray());
        LeftCordoned = [.. view.Kube.Nodes.Values.Where(n => n.Annotations.ContainsKey(WellKnown.CordonedAnnotation)
            && !n.Deleting && !view.Kube.Pools.Any(p => !p.Deleting && Membership.Selects(p.Spec.NodeSelector, n)))
            .OrderBy(n => n.Name, StringComparer.Ordinal)];
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

    /// <summary>
    /// The last join with Slurm's records: most plans are asked for by jobs, and find the same nodes.
    /// </summary>
    public FleetJoin? LastJoin { get; set; }

    public static KubeSide Of(ClusterView view)
    {
        var known = Known.GetOrCreateValue(view.Kube);
        if (known.TryGetValue(view.Cluster.Ref, out var found) && found.spec == view.Cluster.Spec)
            return found;
        return known[view.Cluster.Ref] = new KubeSide(view);
    }

    public bool Has(NodeName name) => Members.ContainsKey(name) || Pods.ContainsKey(name) || Claims.ContainsKey(name);

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
