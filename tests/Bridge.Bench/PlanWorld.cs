using System.Collections.Immutable;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Planning;
using Bridge.Core.Policy;
using Bridge.Core.View;

namespace Bridge.Bench;

/// <summary>
/// Does the steps of a plan at once and in memory, as Kubernetes and Slurm would have done them in the end.
/// </summary>
internal sealed class PlanWorld(ClusterView view)
{
    public ClusterView View { get; private set; } = view;

    public void Do(ImmutableArray<Step> steps)
    {
        var kube = View.Kube;
        View = View with
        {
            Kube = kube with
            {
                Claims = [.. kube.Claims, .. steps.OfType<CreateClaim>().Select(s => Claim(s.Claim))],
                Pods = [.. kube.Pods, .. steps.OfType<CreatePod>().Select(s => Pod(s.Pod))],
                Pools = [.. kube.Pools.Select(p => Told(p, steps))],
                Partitions = [.. kube.Partitions.Select(p => Told(p, steps))],
            },
            Slurm = View.Slurm with
            {
                NodesByName = Tagged(Registered(steps), steps),
                PartitionsByName = View.Slurm.PartitionsByName.SetItems(steps.OfType<PutPartition>()
                    .Select(s => KeyValuePair.Create(s.Partition.Name, s.Partition))),
            },
            Cluster = Told(View.Cluster, steps),
        };
    }

    private static SlurmdClaim Claim(ClaimSpec claim) => new()
    {
        Namespace = claim.Namespace, Name = claim.Name, Uid = "uid-" + claim.Name,
        SlurmNode = claim.SlurmNode, Cluster = claim.Cluster, Allocated = true, InUse = true,
    };

    private static SlurmdPod Pod(SlurmdPodSpec pod) => new()
    {
        Namespace = pod.Namespace, Name = pod.Name, Uid = "uid-" + pod.Name,
        SlurmNode = pod.SlurmNode, KubeNode = pod.KubeNode, Cluster = pod.Cluster, Pool = pod.Pool,
        SpecHash = pod.SpecHash, ClaimName = pod.ClaimName,
        Phase = PodPhase.Running, Ready = true, ReadySince = PlanFleet.Now,
    };

    // What a slurmd that starts tells of itself.
    private ImmutableDictionary<NodeName, SlurmNode> Registered(ImmutableArray<Step> steps)
    {
        var members = Membership.Resolve(View).Members;
        return View.Slurm.NodesByName.SetItems(steps.OfType<CreatePod>().Select(s => s.Pod.SlurmNode)
            .Where(name => members[name].Desired is not null)
            .Select(name => KeyValuePair.Create(name, Record(name, members[name].Desired!))));
    }

    private static SlurmNode Record(NodeName name, DesiredNode desired) => new()
    {
        Name = name, State = SlurmNodeState.Idle | SlurmNodeState.DynamicNorm, 
        Cpus = desired.Cpus, MemoryMiB = desired.MemoryMiB, Gres = desired.Gres,
        Features = desired.Features, Weight = desired.Weight, Address = "10.0.0.1",
    };

    private static ImmutableDictionary<NodeName, SlurmNode> Tagged(
        ImmutableDictionary<NodeName, SlurmNode> nodes, ImmutableArray<Step> steps) =>
        nodes.SetItems(steps.OfType<TagNodes>().SelectMany(s => s.Tags)
            .Select(t => KeyValuePair.Create(t.Node, Tagged(nodes[t.Node], t))));

    private static SlurmNode Tagged(SlurmNode node, NodeTag tags) => node with
    {
        Extra = tags.Extra ?? node.Extra, Weight = tags.Weight ?? node.Weight,
        Features = tags.Features ?? node.Features,
    };

    private static SlurmCluster Told(SlurmCluster cluster, ImmutableArray<Step> steps) =>
        steps.OfType<WriteClusterStatus>().LastOrDefault() is { } step
            ? cluster with
            {
                Conditions = step.Conditions, Counts = step.Counts,
                SlurmVersion = step.SlurmVersion, DataParser = step.DataParser,
            }
            : cluster;

    private static NodePool Told(NodePool pool, ImmutableArray<Step> steps) =>
        steps.OfType<WritePoolStatus>().LastOrDefault(s => s.About == pool.Ref) is { } step
            ? pool with { Conditions = step.Conditions, Counts = step.Counts }
            : pool;

    private static PartitionPolicy Told(PartitionPolicy policy, ImmutableArray<Step> steps)
    {
        var claimed = steps.OfType<SetFinalizer>().Any(s => s.About == policy.Ref && s.Present);
        var held = policy with { HasFinalizer = policy.HasFinalizer || claimed };
        return steps.OfType<WritePartitionStatus>().LastOrDefault(s => s.About == policy.Ref) is { } step
            ? held with { Conditions = step.Conditions, Counts = step.Counts }
            : held;
    }
}
