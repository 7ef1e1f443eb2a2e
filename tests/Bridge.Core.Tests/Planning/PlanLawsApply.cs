using System.Collections.Immutable;
using System.Globalization;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Planning;
using Bridge.Core.SlurmText;
using Bridge.Core.View;
using PartitionsByName = System.Collections.Immutable.ImmutableDictionary<
    Bridge.Core.Names.PartitionName, Bridge.Core.Model.SlurmPartition>;

namespace Bridge.Core.Tests.Planning;

/// <summary>
/// What a view becomes when every step of a plan is done and the world has come to rest: pods run and are registered,
/// or are gone; a record whose slurmd ended is down.
/// </summary>
internal static class PlanLawsApply
{
    public static ClusterView All(ClusterView view, Plan plan) => plan.Steps.Aggregate(view, One);

    private static ClusterView One(ClusterView view, Step step) => step switch
    {
        CreateClaim s => view with { Kube = view.Kube with { Claims = view.Kube.Claims.Add(Made(s.Claim)) } },
        DeleteClaim s => view with
        {
            Kube = view.Kube with { Claims = [.. view.Kube.Claims.Where(c => c.Uid != s.Uid)] },
        },
        CreatePod s => Start(view, s.Pod),
        DeletePod s => End(view, s),
        DrainNodes s => Records(view, s.Nodes, n => n with
        {
            State = n.State | SlurmNodeState.Drain, Reason = s.Reason, ReasonSince = CaseView.Now,
        }),
        ResumeNodes s => Records(view, s.Nodes, n => n with
        {
            State = s.Down ? SlurmNodeState.Idle : n.State & ~SlurmNodeState.Drain, Reason = "", ReasonSince = null,
        }),
        TagNodes s => s.Tags.Aggregate(view, (all, tag) => Records(all, [tag.Node], n => n with
        {
            Extra = tag.Extra ?? n.Extra,
            Weight = tag.Weight ?? n.Weight,
            Features = tag.Features ?? n.Features,
        })),
        DeleteSlurmNodes s => Forget(view, s.Nodes),
        PutPartition s => Partitions(view, p => p.SetItem(s.Partition.Name, s.Partition)),
        DeletePartition s => Partitions(view, p => p.Remove(s.Partition)),
        SetFinalizer s => Finalizer(view, s),
        SetNodeCondition s => Node(view, s.KubeNode, n => n with { SlurmDrained = s.Condition }),
        SetCordon s => Node(view, s.KubeNode, n => n with
        {
            Cordoned = s.Cordoned,
            Annotations = s.Cordoned
                ? n.Annotations.SetItem(WellKnown.CordonedAnnotation, "true")
                : n.Annotations.Remove(WellKnown.CordonedAnnotation),
        }),
        WriteStatus s => Status(view, s),
        _ => throw new NotSupportedException(step.GetType().Name),
    };

    private static SlurmdClaim Made(ClaimSpec spec) => new()
    {
        Namespace = spec.Namespace, Name = spec.Name, Uid = "uid-" + spec.Name, SlurmNode = spec.SlurmNode,
        Cluster = spec.Cluster,
    };

    private static ClusterView Start(ClusterView view, SlurmdPodSpec spec)
    {
        var pod = new SlurmdPod
        {
            Namespace = spec.Namespace, Name = spec.Name, Uid = "uid-new-" + spec.Name, SlurmNode = spec.SlurmNode,
            KubeNode = spec.KubeNode, Cluster = spec.Cluster, Pool = spec.Pool, SpecHash = spec.SpecHash,
            ClaimName = spec.ClaimName, Phase = PodPhase.Running, Ready = true, ReadySince = CaseView.Now,
        };
        var claims = view.Kube.Claims
            .Select(c => c.Name == spec.ClaimName ? c with { Allocated = true, InUse = true } : c);
        var kube = view.Kube with { Pods = view.Kube.Pods.Add(pod), Claims = [.. claims] };
        var known = view.Slurm.NodesByName.GetValueOrDefault(spec.SlurmNode);
        var record = known is null ? Registered(spec) : known with { State = Answering(known.State) };
        return new ClusterView(view.Cluster, kube, view.Slurm with
        {
            NodesByName = view.Slurm.NodesByName.SetItem(spec.SlurmNode, record),
        });
    }

    private static SlurmNodeState Answering(SlurmNodeState state) => state.HasFlag(SlurmNodeState.Down)
        ? (state & ~(SlurmNodeState.Down | SlurmNodeState.NotResponding)) | SlurmNodeState.Idle
        : state & ~SlurmNodeState.NotResponding;

    private static SlurmNode Registered(SlurmdPodSpec spec)
    {
        var conf = spec.Arguments[spec.Arguments.IndexOf("--conf") + 1].Split(' ').Select(t => t.Split('=', 2))
            .ToDictionary(t => t[0], t => t[1]);
        return new SlurmNode
        {
            Name = spec.SlurmNode,
            State = SlurmNodeState.Idle,
            Cpus = int.Parse(conf["CPUs"], CultureInfo.InvariantCulture),
            MemoryMiB = long.Parse(conf["RealMemory"], CultureInfo.InvariantCulture),
            Gres = conf.GetValueOrDefault("Gres", ""),
            Features = [.. conf["Feature"].Split(',')],
            Weight = int.Parse(conf["Weight"], CultureInfo.InvariantCulture),
        };
    }

    private static ClusterView End(ClusterView view, DeletePod step)
    {
        var pod = view.Kube.Pods.Single(p => p.Uid == step.Uid);
        var claims = view.Kube.Claims
            .Select(c => c.Name == pod.ClaimName ? c with { Allocated = false, InUse = false } : c);
        var kube = view.Kube with { Pods = view.Kube.Pods.Remove(pod), Claims = [.. claims] };
        var ended = view with { Kube = kube };
        return view.Slurm.NodesByName.ContainsKey(step.SlurmNode)
            ? Records(ended, [step.SlurmNode], n => n with
            {
                State = (n.State & SlurmNodeState.Drain) | SlurmNodeState.Down | SlurmNodeState.NotResponding,
                AllocatedCpus = 0,
            })
            : ended;
    }

    private static ClusterView Records(
        ClusterView view, ImmutableArray<NodeName> names, Func<SlurmNode, SlurmNode> change)
    {
        var nodes = names.Aggregate(view.Slurm.NodesByName, (all, name) => all.SetItem(name, change(all[name])));
        return view with { Slurm = view.Slurm with { NodesByName = nodes } };
    }

    private static ClusterView Forget(ClusterView view, ImmutableArray<NodeName> names)
    {
        var left = Partitions(view, all => all.ToImmutableDictionary(p => p.Key, p => p.Value with
        {
            Nodes = Hostlist.Compress(Hostlist.Expand(p.Value.Nodes).Except(names)),
        }));
        return left with { Slurm = left.Slurm with { NodesByName = left.Slurm.NodesByName.RemoveRange(names) } };
    }

    private static ClusterView Partitions(
        ClusterView view,
        Func<PartitionsByName, PartitionsByName> change) =>
        view with { Slurm = view.Slurm with { PartitionsByName = change(view.Slurm.PartitionsByName) } };

    private static ClusterView Finalizer(ClusterView view, SetFinalizer step)
    {
        if (step.About == view.Cluster.Ref)
            return view with { Cluster = view.Cluster with { HasFinalizer = step.Present } };
        var policies = view.Kube.Partitions
            .Where(p => step.Present || p.Ref != step.About)
            .Select(p => p.Ref == step.About ? p with { HasFinalizer = step.Present } : p);
        return view with { Kube = view.Kube with { Partitions = [.. policies] } };
    }

    private static ClusterView Node(ClusterView view, string name, Func<KubeNode, KubeNode> change) =>
        view with { Kube = view.Kube with { Nodes = view.Kube.Nodes.SetItem(name, change(view.Kube.Nodes[name])) } };

    private static ClusterView Status(ClusterView view, WriteStatus step)
    {
        var kube = view.Kube;
        return step switch
        {
            WriteClusterStatus s => view with
            {
                Cluster = view.Cluster with
                {
                    Conditions = s.Conditions, Counts = s.Counts, SlurmVersion = s.SlurmVersion,
                    DataParser = s.DataParser,
                },
            },
            WritePoolStatus s => view with
            {
                Kube = kube with
                {
                    Pools =
                    [
                        .. kube.Pools.Select(p => p.Ref != s.About
                            ? p
                            : p with { Conditions = s.Conditions, Counts = s.Counts }),
                    ],
                },
            },
            WritePartitionStatus s => view with
            {
                Kube = kube with
                {
                    Partitions =
                    [
                        .. kube.Partitions.Select(p => p.Ref != s.About
                            ? p
                            : p with { Conditions = s.Conditions, Counts = s.Counts }),
                    ],
                },
            },
            _ => throw new NotSupportedException(step.GetType().Name),
        };
    }
}
