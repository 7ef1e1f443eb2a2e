using System.Collections.Immutable;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.SlurmText;
using Bridge.Testing;

namespace Bridge.Sim.World;

/// <summary>What people, machines and other programs do to a cluster, and the undoing of it all.</summary>
internal sealed class Chaos
{
    private readonly SimWorld world;
    private readonly JumpingClock clock;
    private readonly List<(string What, Action Do)> deeds;
    private readonly SortedDictionary<string, (string Pool, int Gpus)> birth = new(StringComparer.Ordinal);

    public Chaos(SimWorld world, JumpingClock clock)
    {
        (this.world, this.clock) = (world, clock);
        foreach (var node in world.Kube.Nodes.Values)
            birth[node.Name] = (node.Labels["pool"], world.Kube.Devices[node.Name].Devices.Length);
        deeds =
        [
            ("cordons", () => Change(n => n with { Cordoned = true })),
            ("uncordons", () => Change(Uncordoned)),
            ("taints a GPU of", () => Slices(d => Taint(d, true))),
            ("untaints the GPUs of", () => Slices(d => Taint(d, false))),
            ("begins to publish slices of", () => State(PoolState.Updating, "pool is being published")),
            ("makes unknown the slices of", () => State(PoolState.Unknown, "pool is being published")),
            ("ends the DRA driver of", () => Slices(d => NodeDevices.None(d.KubeNode))),
            ("publishes again all of", () => Republish(Node())),
            ("makes NotReady",
                () => Change(n => n with { Ready = ConditionStatus.False, ReadyMessage = "kubelet is down" })),
            ("silences the kubelet of", () => Change(n => n with { Ready = ConditionStatus.Unknown })),
            ("switches off", SwitchOff),
            ("makes Ready", () => Change(Revived)),
            ("removes", Remove),
            ("adds", Return),
            ("takes the label off", () => Change(n => n with { Labels = n.Labels.Remove("pool") })),
            ("labels", () => Change(Labelled)),
            ("drains in Slurm", ForeignDrain),
            ("resumes in Slurm", ForeignResume),
            ("crashes the slurmd of", () => OnPod(world.Crash)),
            ("kubectl deletes the pod of", () => OnPod(p => world.Kube.EndPod(p, world.Tick + 3))),
            ("rolls out a new image", RollOut),
            ("deletes a policy", DeletePolicy),
            ("makes a policy", MakePolicy),
            ("changes a policy", ChangePolicy),
            ("scontrol deletes", DeleteRecord),
            ("restarts slurmctld", world.RestartSlurmctld),
            ("sets the clock", () => clock.Offset = TimeSpan.FromSeconds(world.Random.Next(-3600, 3600))),
        ];
    }

    /// <summary>Last tick at which somebody ended a drain by hand, by node: from then on jobs may run there.</summary>
    public Dictionary<NodeName, int> Resumed { get; } = [];

    private string subject = "";

    public void Step()
    {
        if (world.Random.Next(8) != 0)
            return;
        var (what, act) = deeds[world.Random.Next(deeds.Count)];
        subject = "";
        act();
        world.Trace.Add($"somebody {what} {subject}".TrimEnd());
    }

    /// <summary>
    /// The worst moment to resume a node that Bridge drained, and to have a job start there: after Slurm was read, and
    /// before the plan that is made of it.
    /// </summary>
    public void ResumeBeforePlan()
    {
        var now = world.Clock.GetUtcNow();
        var drained = world.Slurm.Records.Values.Where(r => r.Seen is { DrainedByBridge: true, Responding: true }
            && !r.Seen.State.HasFlag(SlurmNodeState.InvalidReg)
            && now - r.Seen.ReasonSince < 4 * SimWorld.TickLength).ToList();
        if (drained.Count == 0 || world.Random.Next(4) != 0)
            return;
        var record = drained[world.Random.Next(drained.Count)];
        Resume(record);
        if (world.Slurm.Partitions.Values.FirstOrDefault(
            p => Hostlist.Expand(p.Nodes).Contains(record.Seen.Name)) is { } partition)
            world.Slurm.Submit(partition.Name.Value, world.Random.Next(3, 40));
        world.Slurm.Schedule(world.Tick);
        world.Trace.Add($"somebody resumes {record.Seen.Name} in Slurm, for a job");
    }

    /// <summary>Everything is well again: what is still missing then is Bridge's to do.</summary>
    public void Heal()
    {
        clock.Offset = TimeSpan.Zero;
        world.JobsArrive = false;
        foreach (var (name, (pool, gpus)) in birth)
        {
            if (!world.Kube.Nodes.ContainsKey(name))
                world.Kube.AddNode(name, pool, gpus);
            world.Kube.Put(Labelled(Uncordoned(Revived(world.Kube.Nodes[name]))));
            Republish(world.Kube.Nodes[name]);
        }
        foreach (var record in world.Slurm.Records.Values)
            if (record.Seen is { Drains: true, DrainedByBridge: false }
                && !record.Seen.State.HasFlag(SlurmNodeState.InvalidReg))
                world.Slurm.Undrain(record);
        world.Trace.Add("everything is healed");
    }

    private KubeNode? Node()
    {
        if (world.Kube.Nodes.Count == 0)
            return null;
        var node = world.Kube.Nodes.Values.ElementAt(world.Random.Next(world.Kube.Nodes.Count));
        subject = node.Name;
        return node;
    }

    private void Change(Func<KubeNode, KubeNode> change)
    {
        if (Node() is { } node)
            world.Kube.Put(change(node));
    }

    // Whoever uncordons by hand takes Bridge's mark off as well, or leaves it, as it comes.
    private KubeNode Uncordoned(KubeNode node) => node with { Cordoned = false };

    private KubeNode Revived(KubeNode node)
    {
        world.Kube.Dead.Remove(node.Name);
        return node with { Ready = ConditionStatus.True, ReadyMessage = "" };
    }

    private KubeNode Labelled(KubeNode node) =>
        node with { Labels = node.Labels.SetItem("pool", birth[node.Name].Pool) };

    private void SwitchOff()
    {
        if (Node() is not { } node)
            return;
        world.Kube.Dead.Add(node.Name);
        world.Kube.Put(node with { Ready = ConditionStatus.Unknown });
    }

    private void Slices(Func<NodeDevices, NodeDevices> change)
    {
        if (Node() is not { } node)
            return;
        world.Kube.Devices[node.Name] = change(world.Kube.Devices[node.Name]);
        world.Kube.Touch();
    }

    private NodeDevices Taint(NodeDevices devices, bool on)
    {
        if (devices.Devices.IsEmpty)
            return devices;
        var index = world.Random.Next(devices.Devices.Length);
        ImmutableArray<Taint> taints = on ? [new Taint(KubeWorld.GpuTaint, "79", "NoSchedule")] : [];
        var changed = on
            ? devices.Devices.SetItem(index, devices.Devices[index] with { Taints = taints })
            : [.. devices.Devices.Select(d => d with { Taints = taints })];
        return new NodeDevices(devices.KubeNode, PoolState.Complete, "", changed);
    }

    // Slices of a pool that never was complete are unknown, not being updated.
    private void State(PoolState state, string problem) =>
        Slices(d => d with { State = d.Devices.IsEmpty ? PoolState.Unknown : state, Problem = problem });

    private void Republish(KubeNode? node)
    {
        if (node is { Name: var name })
            world.Kube.Publish(name, [.. Enumerable.Range(0, birth[name].Gpus).Select(i => KubeWorld.Gpu(name, i))]);
    }

    private void Remove()
    {
        if (Node() is not { } node)
            return;
        world.Kube.Nodes.Remove(node.Name);
        world.Kube.Devices.Remove(node.Name);
        world.Kube.Touch();
    }

    private void Return()
    {
        var missing = birth.Keys.Where(n => !world.Kube.Nodes.ContainsKey(n)).ToList();
        if (missing.Count == 0)
            return;
        subject = missing[world.Random.Next(missing.Count)];
        world.Kube.Dead.Remove(subject);
        world.Kube.AddNode(subject, birth[subject].Pool, birth[subject].Gpus);
    }

    private SimRecord? Record()
    {
        if (world.Slurm.Records.Count == 0)
            return null;
        var record = world.Slurm.Records.Values.ElementAt(world.Random.Next(world.Slurm.Records.Count));
        subject = record.Seen.Name.Value;
        return record;
    }

    private void ForeignDrain()
    {
        if (Record() is { } record)
            world.Slurm.Drain(record, "bad disk, alice");
    }

    private void ForeignResume()
    {
        if (Record() is not { } record || record.Seen.State.HasFlag(SlurmNodeState.InvalidReg))
            return;
        Resume(record);
    }

    private void Resume(SimRecord record)
    {
        Resumed[record.Seen.Name] = world.Tick;
        world.Slurm.Undrain(record);
    }

    private void DeleteRecord()
    {
        if (Record() is { } record && record.Seen.Name.Value != "cpu-1")
            world.Slurm.Delete(record.Seen.Name);
    }

    private void OnPod(Action<SimPod> act)
    {
        var pods = world.Kube.Pods.Values.Where(p => p is { Runs: true, Seen.Deleting: false }).ToList();
        if (pods.Count == 0)
            return;
        var pod = pods[world.Random.Next(pods.Count)];
        subject = pod.Spec.KubeNode;
        act(pod);
    }

    private void RollOut()
    {
        var pool = world.Kube.Pools["main"];
        var slurmd = pool.Spec.Slurmd with { Image = $"slurmd:{world.Random.Next(1, 4)}" };
        world.Kube.Pools["main"] = pool with { Spec = pool.Spec with { Slurmd = slurmd } };
        world.Kube.Touch();
    }

    private void DeletePolicy()
    {
        if (world.Kube.Policies.Values.FirstOrDefault(p => !p.Deleting) is { } policy)
            world.Kube.Put(policy with { Deleting = true });
    }

    private void MakePolicy()
    {
        if (!world.Kube.Policies.ContainsKey("batch"))
            world.Kube.AddPolicy("batch", "main");
    }

    private void ChangePolicy()
    {
        if (world.Kube.Policies.Values.FirstOrDefault() is { } policy)
            world.Kube.Put(policy with { Spec = policy.Spec with { MaxTimeMinutes = world.Random.Next(1, 4) * 60 } });
    }
}
