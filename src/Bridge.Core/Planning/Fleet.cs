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
public sealed record Member(KubeNode Node, NodePool Pool, DesiredNode? Desired, string Problem)
{
    /// <summary>Name of the claim for its GPUs; empty when it takes none.</summary>
    public string ClaimName { get; init; } = "";

    /// <summary>How far the node's ResourceSlices can be believed.</summary>
    public PoolState Slices { get; init; }

    /// <summary>Hash of what its slurmd pod should be; empty without <see cref="Desired"/>.</summary>
    public string SpecHash { get; init; } = "";
}

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
    private Fleet(
        ClusterView view, ImmutableArray<FleetRow> rows, IReadOnlyDictionary<NodeName, SlurmNode> records,
        MembershipProblems problems)
    {
        View = view;
        Rows = rows;
        Problems = problems;
        RecordsByName = records;
    }

    public ClusterView View { get; }

    /// <summary>All of Slurm's records, also of nodes that are none of Bridge's.</summary>
    public IReadOnlyDictionary<NodeName, SlurmNode> RecordsByName { get; }

    public ImmutableArray<FleetRow> Rows { get; }

    /// <summary>What is wrong with each pool's membership, by pool name.</summary>
    public MembershipProblems Problems { get; }

    public IEnumerable<FleetRow> RowsOf(string pool) => Rows.Where(r => r.Member?.Pool.Ref.Name == pool);

    public static Fleet Join(ClusterView view)
    {
        var kube = KubeSide.Of(view);
        // An ordinary dictionary answers several times faster than the immutable tree that the view holds.
        var records = view.Slurm.NodesByName.Values.ToDictionary(n => n.Name);
        var left = records.Values.Where(n => BackReference.Owns(n) && !kube.Has(n.Name)).Select(n => n.Name).ToList();
        var names = left.Count == 0 ? kube.Names : [.. kube.Names.Concat(left).Order()];
        var rows = ImmutableArray.CreateBuilder<FleetRow>(names.Length);
        foreach (var name in names)
        {
            var (member, pod) = (kube.Members.GetValueOrDefault(name), kube.Pods.GetValueOrDefault(name));
            rows.Add(new FleetRow(name)
            {
                Member = member,
                Pod = pod,
                Claims = kube.Claims.GetValueOrDefault(name, []),
                Record = records.GetValueOrDefault(name),
                LeftBecause = member is null ? WhyLeft(view, pod) : "",
            });
        }
        return new Fleet(view, rows.MoveToImmutable(), records, kube.Problems);
    }

    private static string WhyLeft(ClusterView view, SlurmdPod? pod)
    {
        if (pod is not null && !view.Kube.Nodes.ContainsKey(pod.KubeNode))
            return "its Kubernetes node is gone";
        return "no NodePool selects it any more";
    }
}
