using System.Collections.Frozen;
using System.Collections.Immutable;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Policy;
using Bridge.Core.View;

namespace Bridge.Core.Planning;

/// <summary>A Kubernetes node that a pool takes, and what it should be in Slurm.</summary>
/// <param name="Node">The Kubernetes node.</param>
/// <param name="Pool">The pool that takes it.</param>
/// <param name="Desired">What its Slurm node should be; null while that cannot be known or cannot be: see <paramref
/// name="Problem"/>.</param>
/// <param name="Problem">Why it cannot be served as asked, in a sentence; empty when it can.</param>
public sealed record Member(KubeNode Node, NodePool Pool, DesiredNode? Desired, string Problem);

/// <summary>All that is known of one Slurm node name: the join that every planner of nodes reads.</summary>
public sealed record FleetRow(NodeName Name)
{
    /// <summary>Null: no pool takes a Kubernetes node of this name, so the node is leaving.</summary>
    public Member? Member { get; init; }

    public SlurmdPod? Pod { get; init; }
    public ImmutableArray<SlurmdClaim> Claims { get; init; } = [];
    public SlurmNode? Record { get; init; }

    /// <summary>Why a node without a member left, as a phrase.</summary>
    public string LeftBecause { get; init; } = "";
}

/// <summary>
/// The join of Kubernetes and Slurm for one cluster: one row per node that Bridge owns or should own, in order of name.
/// </summary>
public sealed class Fleet
{
    private Fleet(ClusterView view, ImmutableArray<FleetRow> rows, MembershipProblems problems)
    {
        View = view;
        Rows = rows;
        Problems = problems;
        ByName = rows.ToFrozenDictionary(r => r.Name);
    }

    public ClusterView View { get; }
    public ImmutableArray<FleetRow> Rows { get; }
    public FrozenDictionary<NodeName, FleetRow> ByName { get; }

    /// <summary>What is wrong with each pool's membership, by pool name.</summary>
    public MembershipProblems Problems { get; }

    public IEnumerable<FleetRow> RowsOf(string pool) => Rows.Where(r => r.Member?.Pool.Ref.Name == pool);

    public static Fleet Join(ClusterView view)
    {
        var cluster = view.Cluster.Ref;
        var (members, problems) = Membership.Resolve(view);
        var pods = OnePerNode(view.Kube.Pods.Where(p => p.Namespace == cluster.Namespace && p.Cluster == cluster.Name));
        var claims = view.Kube.Claims.Where(c => c.Namespace == cluster.Namespace && c.Cluster == cluster.Name)
            .ToLookup(c => c.SlurmNode);
        var owned = view.Slurm.NodesByName.Values.Where(n => BackReference.Owns(n)).Select(n => n.Name);
        var names = new SortedSet<NodeName>(members.Keys);
        names.UnionWith(pods.Keys);
        names.UnionWith(claims.Select(c => c.Key));
        names.UnionWith(owned);
        var rows = ImmutableArray.CreateBuilder<FleetRow>(names.Count);
        foreach (var name in names)
            rows.Add(new FleetRow(name)
            {
                Member = members.GetValueOrDefault(name),
                Pod = pods.GetValueOrDefault(name),
                Claims = [.. claims[name]],
                Record = view.Slurm.NodesByName.GetValueOrDefault(name),
                LeftBecause = members.ContainsKey(name) ? "" : WhyLeft(view, pods.GetValueOrDefault(name)),
            });
        return new Fleet(view, rows.MoveToImmutable(), problems);
    }

    // Pod names are fixed by the node, so there is one pod per node; were there ever two, the living one counts.
    private static Dictionary<NodeName, SlurmdPod> OnePerNode(IEnumerable<SlurmdPod> pods)
    {
        var found = new Dictionary<NodeName, SlurmdPod>();
        foreach (var pod in pods)
            if (!found.TryGetValue(pod.SlurmNode, out var other) || (other.Deleting && !pod.Deleting))
                found[pod.SlurmNode] = pod;
        return found;
    }

    private static string WhyLeft(ClusterView view, SlurmdPod? pod)
    {
        if (pod is not null && !view.Kube.Nodes.ContainsKey(pod.KubeNode))
            return "its Kubernetes node is gone";
        return "no NodePool selects it any more";
    }
}
