using System.Collections.Immutable;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.View;

namespace Bridge.Core.Planning;

/// <summary>The rows that one state of Slurm's nodes gives with one state of Kubernetes.</summary>
/// <param name="Nodes">Slurm's nodes, as the view holds them.</param>
/// <param name="Records">The same, where an answer costs a fraction of what the view's immutable tree takes.</param>
/// <param name="Kube">Kubernetes' side of it.</param>
/// <param name="Rows">One per node that Bridge owns or should own, in order of name.</param>
internal sealed record FleetJoin(
    ImmutableDictionary<NodeName, SlurmNode> Nodes, IReadOnlyDictionary<NodeName, SlurmNode> Records, KubeSide Kube,
    ImmutableArray<FleetRow> Rows);

/// <summary>
/// The join of Kubernetes and Slurm for one cluster: one row per node that Bridge owns or should own, in order of name.
/// </summary>
public sealed class Fleet
{
    private readonly FleetJoin join;

    private Fleet(ClusterView view, FleetJoin join, PlanMemory memory, PlanTime time)
    {
        this.join = join;
        (View, Memory, Time) = (view, memory, time);
    }

    public PlanMemory Memory { get; }

    public PlanTime Time { get; }

    /// <summary>Planners that failed as a whole, each a sentence; what concerns one node stands in its row.</summary>
    public List<string> Failures { get; } = [];

    public ClusterView View { get; }

    /// <summary>All of Slurm's records, also of nodes that are none of Bridge's.</summary>
    public IReadOnlyDictionary<NodeName, SlurmNode> RecordsByName => join.Records;

    public ImmutableArray<FleetRow> Rows => join.Rows;

    /// <summary>What is wrong with each pool's membership, by pool name.</summary>
    public MembershipProblems Problems => join.Kube.Problems;

    /// <summary>Nodes that Bridge cordoned and that no pool of any cluster selects any more, in order.</summary>
    public ImmutableArray<KubeNode> LeftCordoned => join.Kube.LeftCordoned;

    public static Fleet Join(ClusterView view, PlanMemory memory, DateTimeOffset now)
    {
        var kube = memory.Kube = KubeSide.Of(view, memory.Kube);
        if (memory.Join is not { } join || join.Kube != kube || !ReferenceEquals(join.Nodes, view.Slurm.NodesByName))
            join = memory.Join = Join(view, kube, memory.Join?.Rows ?? []);
        memory.SeeReady(view.Kube.Pods, now);
        return new Fleet(view, join, memory, new PlanTime(now));
    }

    private static FleetJoin Join(ClusterView view, KubeSide kube, ImmutableArray<FleetRow> before)
    {
        var records = view.Slurm.NodesByName.Values.ToDictionary(n => n.Name);
        var left = records.Values.Where(n => !kube.Has(n.Name) && BackReference.Owns(n)).Select(n => n.Name).ToList();
        var names = left.Count == 0 ? kube.Names : [.. kube.Names.Concat(left).Order()];
        var rows = ImmutableArray.CreateBuilder<FleetRow>(names.Length);
        var last = 0;
        foreach (var name in names)
        {
            var row = Row(view, kube, name, records.GetValueOrDefault(name));
            while (last < before.Length && before[last].Name < name)
                last++;
            rows.Add(last < before.Length && before[last].Says(row) ? before[last] : row);
        }
        return new FleetJoin(view.Slurm.NodesByName, records, kube, rows.MoveToImmutable());
    }

    private static FleetRow Row(ClusterView view, KubeSide kube, NodeName name, SlurmNode? record)
    {
        var (member, pod) = (kube.Members.GetValueOrDefault(name), kube.Pods.GetValueOrDefault(name));
        var foreign = record is not null && pod is null && !BackReference.Owns(record);
        return new FleetRow
        {
            Name = name,
            Member = member,
            Pod = pod,
            Claims = kube.Claims.GetValueOrDefault(name, []),
            Record = foreign ? null : record,
            Foreign = foreign,
            LeftBecause = member is null ? WhyLeft(view, pod) : "",
        };
    }

    private static string WhyLeft(ClusterView view, SlurmdPod? pod)
    {
        if (view.Cluster.Deleting)
            return $"SlurmCluster {view.Cluster.Ref.Name} is being deleted";
        if (pod is not null && !view.Kube.Nodes.ContainsKey(pod.KubeNode))
            return "its Kubernetes node is gone";
        return "no NodePool selects it any more";
    }
}
