using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Planning;
using Bridge.Sim.World;

namespace Bridge.Sim.Checks;

/// <summary>
/// Notes, tick by tick and apart from the planner's rules, when each reason to drain a node was last true in the world.
/// </summary>
internal sealed class Causes(SimWorld world)
{
    /// <summary>The informer shows nothing later than this many ticks after it happened.</summary>
    public const int KubeLag = 4;

    /// <summary>
    /// A drain may rest on a view that was true this many ticks ago: the informer's lag or a cut watch, a read and a
    /// write that take their time, and the steps that a failure held back.
    /// </summary>
    public const int Staleness = 30;

    private const string KubeletSilent = "kubelet-silent";
    private const string SlurmdSilent = "slurmd-silent";

    private readonly Dictionary<(NodeName Node, string Code), int> last = [];

    public void Note()
    {
        foreach (var record in world.Slurm.Records.Values)
            foreach (var code in True(record.Seen))
                last[(record.Seen.Name, code)] = world.Tick;
        // True of a node also while it has no record: one may register before the view has caught up.
        foreach (var node in world.Kube.Nodes.Values)
        {
            if (node.Cordoned)
                last[(new NodeName(node.Name), DrainRules.Cordon)] = world.Tick;
            if (node.Ready == ConditionStatus.False)
                last[(new NodeName(node.Name), DrainRules.NotReady)] = world.Tick;
        }
        foreach (var pod in world.Kube.Pods.Values)
            if (world.Kube.Selected(pod.Spec.SlurmNode) is { } node
                && pod.Spec.Template != world.Kube.Pools[node.Labels["pool"]].Spec.Slurmd)
                last[(pod.Spec.SlurmNode, DrainRules.Rollout)] = world.Tick;
    }

    // Kubelet and slurmd are seen by different sources, each late by itself: both were silent lately is all that the
    // join can know.
    public bool WasTrue(NodeName node, string code) =>
        Lately(node, code)
        || (code == DrainRules.NotReady && Lately(node, KubeletSilent) && Lately(node, SlurmdSilent));

    private bool Lately(NodeName node, string code) =>
        last.TryGetValue((node, code), out var tick) && world.Tick - tick <= Staleness;

    private IEnumerable<string> True(SlurmNode record)
    {
        if (!record.Responding)
            yield return SlurmdSilent;
        if (world.Kube.Selected(record.Name) is not { } node)
        {
            yield return DrainRules.Leaving;
            yield break;
        }
        if (node.Cordoned)
            yield return DrainRules.Cordon;
        if (node.Ready == ConditionStatus.False)
            yield return DrainRules.NotReady;
        if (node.Ready == ConditionStatus.Unknown)
            yield return KubeletSilent;
        var pod = world.Kube.Pods.Values.FirstOrDefault(p => p.Spec.SlurmNode == record.Name);
        var slices = world.Kube.Devices[node.Name];
        if (slices.State == PoolState.None)
            yield return DrainRules.DriverGone;
        var healthy = slices.Devices.Where(d => d.Healthy).Select(d => d.Uuid).Order(StringComparer.Ordinal).ToList();
        // While slices are being updated, what is known are those of before.
        if (slices.State is PoolState.Complete or PoolState.Updating or PoolState.None)
        {
            var had = Core.SlurmText.GresText.Gpus(record.Gres);
            if (healthy.Count < had)
                yield return DrainRules.GpuLost;
            if (healthy.Count != had || (pod is not null && !Holds(pod, healthy)))
                yield return DrainRules.Hardware;
        }
        if (pod is not null && (pod.Spec.Template != world.Kube.Pools[node.Labels["pool"]].Spec.Slurmd
            || pod.Spec.KubeNodeUid != node.Uid || !Holds(pod, healthy)))
            yield return DrainRules.Rollout;
    }

    private bool Holds(SimPod pod, List<string> uuids) =>
        !world.Kube.Claims.TryGetValue(pod.Spec.ClaimName, out var claim) || claim.Spec.Uuids.SequenceEqual(uuids);
}
