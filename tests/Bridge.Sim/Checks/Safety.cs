using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.SlurmText;
using Bridge.Sim.World;

namespace Bridge.Sim.Checks;

/// <summary>What must never happen, checked at each write and after each tick.</summary>
internal sealed class Safety(SimWorld world, Chaos chaos, Causes causes)
{
    /// <summary>Whether what the loop plans from now on rests on sources that are all current.</summary>
    public Func<bool> Current { get; set; } = () => true;

    /// <summary>The same of Kubernetes alone.</summary>
    public Func<bool> KubeCurrent { get; set; } = () => true;

    private readonly Dictionary<NodeName, int> idle = [];
    private bool plannedCurrent;
    private bool plannedKubeCurrent;

    /// <summary>The loop is about to plan on what it sees now.</summary>
    public void OnPlan() => (plannedCurrent, plannedKubeCurrent) = (Current(), KubeCurrent());

    public void OnWrite(string what) => Require(plannedCurrent, $"'{what}' was written while a source was not current");

    /// <summary>What needs no Slurm: the end of a deleted cluster.</summary>
    public void OnEnd(string what) => Require(plannedKubeCurrent, $"'{what}' was written without Kubernetes");

    public void OnDrain(SlurmNode node, string reason)
    {
        Require(!node.Drains || Reason.IsOurs(node.Reason),
            $"the foreign drain of {node.Name} ({node.Reason}) was overwritten");
        Require(causes.WasTrue(node.Name, Reason.CodeOf(reason)),
            $"{node.Name} was drained for '{reason}', which was not true lately");
    }

    public static void OnResume(SlurmNode node) =>
        Require(!node.Drains || Reason.IsOurs(node.Reason),
            $"the foreign drain of {node.Name} ({node.Reason}) was cleared");

    /// <summary>Slurm says that no job runs on the node, and that none can start.</summary>
    public void OnIdle(NodeName node) => idle[node] = world.Tick;

    // A slurmd that has ended has lost its jobs already. A job that runs must have begun after Slurm's last word, while
    // the request was on its way, and because somebody resumed the node by hand in that very time: no call of Slurm's
    // or of Kubernetes' could have held the one back for the other.
    public void OnPodDeleted(SimPod pod, string why)
    {
        var node = pod.Spec.SlurmNode;
        var alive = pod.Record != 0 && pod.Record == world.Record(node)?.Id && !pod.Seen.Finished;
        var late = idle.TryGetValue(node, out var asked) && chaos.Resumed.GetValueOrDefault(node, -1) >= asked;
        Require(!alive || world.Slurm.RunningOn(node).All(j => late && j.BeganAt > asked),
            $"the pod of {node} was ended under a running job: {why}");
    }

    public void OnRecordDeleted(SimRecord record)
    {
        Require(!world.Slurm.RunningOn(record.Seen.Name).Any(),
            $"the record of {record.Seen.Name} was deleted under a running job");
        Require(record.Seen.Name.Value != "cpu-1", "a node that is none of Bridge's was deleted");
    }

    public void OnClusterReleased() => Require(world.Kube.Pods.Count == 0 && world.Kube.Claims.Count == 0,
        "the SlurmCluster was let go while pods or claims of it were left");

    public static void OnPartition(PartitionName partition)
    {
        Require(partition.Value != "debug", "a partition that is none of Bridge's was written");
    }

    public void AfterTick()
    {
        foreach (var pods in world.Kube.Pods.Values.GroupBy(p => p.Spec.KubeNode))
            Require(pods.Count() == 1, $"node {pods.Key} has {pods.Count()} slurmd pods");
        var live = world.Kube.Claims.Values.Where(c => c.Seen.Allocated).SelectMany(c => c.Spec.Uuids);
        foreach (var uuid in live.GroupBy(u => u))
            Require(uuid.Count() == 1, $"GPU {uuid.Key} is in {uuid.Count()} live claims");
        foreach (var job in world.Slurm.Jobs.Values.Where(j => !j.Seen.Finished))
            Require(world.Slurm.Partitions.ContainsKey(job.Seen.Partition),
                $"partition {job.Seen.Partition} was deleted under job {job.Seen.Id}");
        var foreign = world.Slurm.Records.GetValueOrDefault(new NodeName("cpu-1"));
        Require(foreign is { Seen.Features: ["cpu"], Seen.Extra: "" },
            "a node that is none of Bridge's was written to");
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
            throw new SimFailure(otherwise);
    }
}
