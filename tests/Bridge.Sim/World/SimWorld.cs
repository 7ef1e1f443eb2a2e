using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Testing;

namespace Bridge.Sim.World;

/// <summary>
/// One Kubernetes and one Slurm, joined by the slurmd pods: a pod gets its GPUs, starts, registers, answers, ends. One
/// tick is one second.
/// </summary>
internal sealed class SimWorld
{
    public static readonly TimeSpan TickLength = TimeSpan.FromSeconds(1);

    private readonly List<(int Due, TaskCompletionSource Source)> waiting = [];

    public SimWorld(Random random, ManualTime clock)
    {
        Random = random;
        Clock = clock;
        Slurm = new SlurmWorld(clock);
    }

    public Random Random { get; }
    public ManualTime Clock { get; }
    public KubeWorld Kube { get; } = new();
    public SlurmWorld Slurm { get; }
    public SimTrace Trace { get; } = new();
    public int Tick { get; private set; }

    /// <summary>Until when slurmctld does not answer, as a tick.</summary>
    public int SlurmDownUntil { get; private set; }

    public bool SlurmAnswers => Tick >= SlurmDownUntil;

    public bool JobsArrive { get; set; } = true;

    /// <summary>
    /// A few nodes of two pools, two policies, and a corner of Slurm that is none of Bridge's business.
    /// </summary>
    public void Populate()
    {
        Kube.AddPool("main");
        Kube.AddPool("spare");
        var nodes = Random.Next(3, 9);
        for (var i = 1; i <= nodes; i++)
            Kube.AddNode($"n{i}", Random.Next(4) == 0 && i > 1 ? "spare" : "main", Random.Next(1, 5));
        Kube.AddPolicy("batch", "main");
        Kube.AddPolicy("all", "main", "spare");
        Slurm.AddForeign();
    }

    /// <summary>Completes after this many ticks.</summary>
    public Task After(int ticks)
    {
        var source = new TaskCompletionSource();
        waiting.Add((Tick + ticks, source));
        return source.Task;
    }

    public void RestartSlurmctld()
    {
        SlurmDownUntil = Tick + Random.Next(2, 8);
        foreach (var record in Slurm.Records.Values)
            Slurm.Put(record, record.Seen with { State = record.Seen.State | SlurmNodeState.NotResponding });
    }

    public void Step()
    {
        Trace.Tick = ++Tick;
        Clock.Advance(TickLength);
        foreach (var pod in Kube.Pods.Values.ToList())
            Live(pod);
        if (SlurmAnswers)
        {
            foreach (var record in Slurm.Records.Values.ToList())
                Slurm.Ping(record, Answers(record), Tick);
            if (JobsArrive && Random.Next(6) == 0 && Slurm.Partitions.Count > 0)
                Slurm.Submit(Slurm.Partitions.Keys.ElementAt(Random.Next(Slurm.Partitions.Count)), Random.Next(3, 40));
            Slurm.Schedule(Tick);
        }
        foreach (var (_, source) in waiting.Where(w => w.Due <= Tick).ToList())
            source.SetResult();
        waiting.RemoveAll(w => w.Due <= Tick);
    }

    private bool Answers(SimRecord record) => record.Seen.Name.Value == "cpu-1"
        || Kube.Pods.Values.Any(p => p.Runs && p.Record == record.Id && !Kube.Dead.Contains(p.Spec.KubeNode));

    private void Live(SimPod pod)
    {
        var node = Kube.Nodes.GetValueOrDefault(pod.Spec.KubeNode);
        if (node is null || node.Uid != pod.Spec.KubeNodeUid)
            Kube.EndPod(pod, Tick + 2);
        if (pod.Seen.Deleting)
            Vanish(pod);
        else if (pod.Seen.Phase == PodPhase.Pending)
            Start(pod, node!);
        else if (pod.Seen is { Phase: PodPhase.Running, Ready: false } && Tick >= pod.DueAt && SlurmAnswers
            && node!.Ready == ConditionStatus.True)
            Register(pod);
        else if (pod.Seen.Ready && node!.Ready == ConditionStatus.Unknown)
            Show(pod, pod.Seen with { Ready = false, ReadySince = null });
    }

    // A kubelet that does not answer cannot end a pod, unless its node is gone for good.
    private void Vanish(SimPod pod)
    {
        if (Tick < pod.DueAt || Kube.Nodes.GetValueOrDefault(pod.Spec.KubeNode) is { Ready: ConditionStatus.Unknown })
            return;
        Kube.Pods.Remove(pod.Spec.Name);
        Kube.Release(pod.Spec.ClaimName);
        Kube.Touch();
    }

    private void Start(SimPod pod, KubeNode node)
    {
        if (Tick < pod.DueAt || node.Ready != ConditionStatus.True)
            return;
        if (pod.Bound)
        {
            pod.DueAt = Tick + Random.Next(1, 4);
            Show(pod, pod.Seen with { Phase = PodPhase.Running });
        }
        else if (Allocate(pod))
        {
            pod.Bound = true;
            pod.DueAt = Tick + Random.Next(1, 4);
            Show(pod, pod.Seen with { Waiting = "" });
        }
        else
            Show(pod, pod.Seen with { Waiting = "cannot allocate all claims" });
    }

    // allocationMode All with a list of uuids: every one of them must be there, healthy and free.
    private bool Allocate(SimPod pod)
    {
        if (pod.Spec.ClaimName.Length == 0)
            return true;
        if (!Kube.Claims.TryGetValue(pod.Spec.ClaimName, out var claim) || claim.Seen.Deleting)
            return false;
        var healthy = Kube.Devices[pod.Spec.KubeNode].Devices.Where(d => d.Healthy).Select(d => d.Uuid).ToHashSet();
        var held = Kube.Claims.Values.Where(c => c != claim && c.Seen.Allocated).SelectMany(c => c.Spec.Uuids);
        if (claim.Spec.Uuids.Any(u => !healthy.Contains(u)) || claim.Spec.Uuids.Intersect(held).Any())
            return false;
        claim.Seen = claim.Seen with { Allocated = true, InUse = true };
        return true;
    }

    private void Register(SimPod pod)
    {
        if (pod.Record == 0)
            pod.Record = Slurm.Register(pod.Spec.SlurmNode, pod.Spec.Arguments);
        Show(pod, pod.Seen with { Ready = true, ReadySince = Clock.GetUtcNow() });
    }

    /// <summary>slurmd ends by itself; the claim of a pod that has ended is no longer reserved for it.</summary>
    public void Crash(SimPod pod)
    {
        Show(pod, pod.Seen with { Phase = PodPhase.Failed, Ready = false, ReadySince = null });
        Kube.Release(pod.Spec.ClaimName);
    }

    private void Show(SimPod pod, SlurmdPod seen)
    {
        if (pod.Seen == seen)
            return;
        pod.Seen = seen;
        Kube.Touch();
    }

    /// <summary>The record of a Slurm node, if there is one.</summary>
    public SimRecord? Record(NodeName name) => Slurm.Records.GetValueOrDefault(name);
}
