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

    /// <summary>What Slurm has under this name; null when it has nothing, or only what is somebody else's.</summary>
    public SlurmNode? Record { get; init; }

    /// <summary>
    /// Slurm has a node of this name that no slurmd of Bridge registered. It is not touched, and what Bridge would have
    /// run there does not start.
    /// </summary>
    public bool Foreign { get; init; }

    /// <summary>Why a node without a member left, as a phrase.</summary>
    public string LeftBecause { get; init; } = "";
}

/// <summary>The rows that one state of Slurm's nodes gives with one state of Kubernetes.</summary>
/// <param name="Nodes">Slurm's nodes, as the view holds them.</param>
/// <param name="Records">The same, where an answer costs a fraction of what the view's immutable tree takes.</param>
/// <param name="Rows">One per node that Bridge owns or should own, in order of name.</param>
internal sealed record FleetJoin(
    ImmutableDictionary<NodeName, SlurmNode> Nodes, IReadOnlyDictionary<NodeName, SlurmNode> Records,
    ImmutableArray<FleetRow> Rows);

/// <summary>
/// The join of Kubernetes and Slurm for one cluster: one row per node that Bridge owns or should own, in order of name.
/// </summary>
public sealed class Fleet
{
    private readonly FleetJoin join;

    private readonly KubeSide kube;

    private Fleet(ClusterView view, FleetJoin join, KubeSide kube)
    {
        this.join = join;
        this.kube = kube;
        View = view;
    }

    public ClusterView View { get; }

    /// <summary>All of Slurm's records, also of nodes that are none of Bridge's.</summary>
    public IReadOnlyDictionary<NodeName, SlurmNode> RecordsByName => join.Records;

    public ImmutableArray<FleetRow> Rows => join.Rows;

    /// <summary>What is wrong with each pool's membership, by pool name.</summary>
    public MembershipProblems Problems => kube.Problems;

    /// <summary>Nodes that Bridge cordoned and that no pool of any cluster selects any more, in order.</summary>
    public ImmutableArray<KubeNode> LeftCordoned => kube.LeftCordoned;

    public static Fleet Join(ClusterView view)
    {
        var kube = KubeSide.Of(view);
        if (!ReferenceEquals(kube.LastJoin?.Nodes, view.Slurm.NodesByName))
            kube.LastJoin = Join(view, kube);
        return new Fleet(view, kube.LastJoin!, kube);
    }

    private static FleetJoin Join(ClusterView view, KubeSide kube)
    {
        var records = view.Slurm.NodesByName.Values.ToDictionary(n => n.Name);
        var left = records.Values.Where(n => BackReference.Owns(n) && !kube.Has(n.Name)).Select(n => n.Name).ToList();
        var names = left.Count == 0 ? kube.Names : [.. kube.Names.Concat(left).Order()];
        var rows = ImmutableArray.CreateBuilder<FleetRow>(names.Length);
        foreach (var name in names)
        {
            var (member, pod) = (kube.Members.GetValueOrDefault(name), kube.Pods.GetValueOrDefault(name));
            var record = records.GetValueOrDefault(name);
            var foreign = record is not null && pod is null && !BackReference.Owns(record);
            rows.Add(new FleetRow(name)
            {
                Member = member,
                Pod = pod,
                Claims = kube.Claims.GetValueOrDefault(name, []),
                Record = foreign ? null : record,
                Foreign = foreign,
                LeftBecause = member is null ? WhyLeft(view, pod) : "",
            });
        }
        return new FleetJoin(view.Slurm.NodesByName, records, rows.MoveToImmutable());
    }

    private static string WhyLeft(ClusterView view, SlurmdPod? pod)
    {
        if (pod is not null && !view.Kube.Nodes.ContainsKey(pod.KubeNode))
            return "its Kubernetes node is gone";
        return "no NodePool selects it any more";
    }
}
