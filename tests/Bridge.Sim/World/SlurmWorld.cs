using System.Collections.Immutable;
using System.Globalization;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.SlurmText;
using Bridge.Core.View;

namespace Bridge.Sim.World;

/// <summary>One node record of slurmctld, and which slurmd it belongs to.</summary>
internal sealed class SimRecord(int id, SlurmNode seen)
{
    public int Id { get; } = id;
    public SlurmNode Seen { get; set; } = seen;

    /// <summary>Ticks since its slurmd last answered.</summary>
    public int Missed { get; set; }
}

/// <summary>One job, and when it ends.</summary>
internal sealed class SimJob(SlurmJob seen, int runsFor)
{
    public SlurmJob Seen { get; set; } = seen;
    public int RunsFor { get; } = runsFor;
    public int BeganAt { get; set; }
    public int EndsAt { get; set; } = int.MaxValue;
}

/// <summary>The truth of Slurm, by the rules of slurmctld that Bridge depends on.</summary>
internal sealed class SlurmWorld(TimeProvider clock)
{
    private const int NotRespondingAfter = 4;
    private const int DownAfter = 10;
    private const SlurmNodeState Base = SlurmNodeState.Unknown | SlurmNodeState.Down | SlurmNodeState.Idle
        | SlurmNodeState.Allocated | SlurmNodeState.Mixed | SlurmNodeState.Error | SlurmNodeState.Future;

    private SlurmView? view;
    private int records;
    private uint jobs;

    public SortedDictionary<NodeName, SimRecord> Records { get; } = [];
    public SortedDictionary<string, SlurmPartition> Partitions { get; } = new(StringComparer.Ordinal);
    public SortedDictionary<uint, SimJob> Jobs { get; } = [];

    public void Touch() => view = null;

    /// <summary>
    /// What a read that works shows, but for when it was made; the same value while nothing changed.
    /// </summary>
    public SlurmView View => view ??= new SlurmView
    {
        Version = "26.05.5",
        DataParser = "v0.0.45",
        Capabilities = SlurmCapabilities.WritePartitions | SlurmCapabilities.CreateNodes,
        NodesByName = Records.ToImmutableDictionary(r => r.Key, r => r.Value.Seen),
        PartitionsByName = Partitions.Values.ToImmutableDictionary(p => p.Name),
        JobsById = Jobs.Values.ToImmutableDictionary(j => j.Seen.Id, j => j.Seen),
    };

    public IEnumerable<SimJob> RunningOn(NodeName node) =>
        Jobs.Values.Where(j => j.Seen.State == JobStates.Running && j.Seen.Nodes == node.Value);

    public void Put(SimRecord record, SlurmNode seen)
    {
        if (record.Seen == seen)
            return;
        record.Seen = seen;
        Touch();
    }

    /// <summary>
    /// slurmd -Z: without a record it makes one of its --conf; with one of other hardware it is refused, and the node
    /// is drained by slurmctld itself. Returns the record's id.
    /// </summary>
    public int Register(NodeName name, ImmutableArray<string> arguments)
    {
        var conf = arguments[arguments.IndexOf("--conf") + 1].Split(' ').Select(t => t.Split('=', 2))
            .ToDictionary(t => t[0], t => t[1]);
        var sent = new SlurmNode
        {
            Name = name,
            State = SlurmNodeState.Idle | SlurmNodeState.DynamicNorm,
            Cpus = int.Parse(conf["CPUs"], CultureInfo.InvariantCulture),
            MemoryMiB = long.Parse(conf["RealMemory"], CultureInfo.InvariantCulture),
            Gres = conf.GetValueOrDefault("Gres", ""),
            Features = [.. conf["Feature"].Split(',')],
            Weight = int.Parse(conf["Weight"], CultureInfo.InvariantCulture),
        };
        Touch();
        if (!Records.TryGetValue(name, out var record))
        {
            Records[name] = record = new SimRecord(++records, sent);
            return record.Id;
        }
        record.Missed = 0;
        var known = record.Seen;
        if (known.Cpus != sent.Cpus || known.MemoryMiB != sent.MemoryMiB || !GresText.Same(known.Gres, sent.Gres))
            record.Seen = known with
            {
                State = known.State | SlurmNodeState.InvalidReg | SlurmNodeState.Drain,
                Reason = known.Drains ? known.Reason : "gres/gpu count reported lower than configured",
                ReasonSince = clock.GetUtcNow(),
            };
        else
            record.Seen = Rebooted(Answering(known with { State = known.State & ~SlurmNodeState.InvalidReg }));
        return record.Id;
    }

    // slurmd -b says that its machine has just booted, and slurmctld did not ask for that: the node is DOWN for good,
    // unless ReturnToService is 2 or it was drained already.
    private SlurmNode Rebooted(SlurmNode node) => node.Held || node.Busy ? node
        : WithBase(node, SlurmNodeState.Down) with
        {
            Reason = "Node unexpectedly rebooted", ReasonSince = clock.GetUtcNow(),
        };

    /// <summary>One look of slurmctld at whether the record's slurmd answers.</summary>
    public void Ping(SimRecord record, bool answers, int tick)
    {
        record.Missed = answers ? 0 : record.Missed + 1;
        if (answers)
            Put(record, Answering(record.Seen));
        else if (record.Missed == NotRespondingAfter)
            Put(record, record.Seen with { State = record.Seen.State | SlurmNodeState.NotResponding });
        else if (record.Missed == DownAfter)
        {
            foreach (var job in RunningOn(record.Seen.Name).ToList())
                End(job, "NODE_FAIL", tick);
            Put(record, WithBase(record.Seen, SlurmNodeState.Down) with { AllocatedCpus = 0 });
        }
    }

    private static SlurmNode Answering(SlurmNode node)
    {
        var answering = node with { State = node.State & ~SlurmNodeState.NotResponding };
        return node.State.HasFlag(SlurmNodeState.Down) && !node.CameBackAsFromReboot
            ? WithBase(answering, SlurmNodeState.Idle) : answering;
    }

    private static SlurmNode WithBase(SlurmNode node, SlurmNodeState state) =>
        node with { State = (node.State & ~Base) | state };

    public void Drain(SimRecord record, string reason) => Put(record, record.Seen with
    {
        State = record.Seen.State | SlurmNodeState.Drain, Reason = reason, ReasonSince = clock.GetUtcNow(),
    });

    public void Undrain(SimRecord record) => Put(record, record.Seen with
    {
        State = record.Seen.State & ~SlurmNodeState.Drain, Reason = "", ReasonSince = null,
    });

    public void Resume(SimRecord record)
    {
        Put(record, WithBase(record.Seen, SlurmNodeState.Idle));
        Undrain(record);
    }

    /// <summary>False when slurmctld refuses, because a job is on it.</summary>
    public bool Delete(NodeName name)
    {
        if (RunningOn(name).Any())
            return false;
        Records.Remove(name);
        foreach (var partition in Partitions.Values.ToList())
            if (Hostlist.Expand(partition.Nodes) is var nodes && nodes.Contains(name))
                Partitions[partition.Name.Value] = partition with { Nodes = Hostlist.Compress(nodes.Remove(name)) };
        Touch();
        return true;
    }

    public void Submit(string partition, int runsFor)
    {
        var id = ++jobs;
        var seen = new SlurmJob { Id = new JobId(id), State = JobStates.Pending, Partition = partition };
        Jobs[id] = new SimJob(seen, runsFor);
        Touch();
    }

    /// <summary>scancel --state=PENDING.</summary>
    public void CancelPending(int tick)
    {
        foreach (var job in Jobs.Values.Where(j => j.Seen.State == JobStates.Pending))
            End(job, "CANCELLED", tick);
    }

    /// <summary>Starts what can start, each job on one whole node, and ends what is over.</summary>
    public void Schedule(int tick)
    {
        foreach (var job in Jobs.Values.Where(j => j.EndsAt <= tick).ToList())
            if (job.Seen.Finished)
                Forget(job);
            else
                End(job, "COMPLETED", tick);
        foreach (var job in Jobs.Values.Where(j => j.Seen.State == JobStates.Pending))
            if (NodesOf(job).FirstOrDefault(Free) is { } record)
                Begin(job, record, tick);
    }

    private IEnumerable<SimRecord> NodesOf(SimJob job) =>
        Hostlist.Expand(Partitions[job.Seen.Partition].Nodes).Select(n => Records[n]);

    private void Begin(SimJob job, SimRecord record, int tick)
    {
        var node = record.Seen;
        job.Seen = job.Seen with { State = JobStates.Running, Nodes = node.Name.Value };
        (job.BeganAt, job.EndsAt) = (tick, tick + job.RunsFor);
        Put(record, WithBase(node, SlurmNodeState.Allocated) with { AllocatedCpus = node.Cpus, GresUsed = node.Gres });
        Touch();
    }

    private static bool Free(SimRecord record) =>
        record.Seen is { Drains: false, Responding: true, Busy: false }
        && record.Seen.State.HasFlag(SlurmNodeState.Idle);

    private void Forget(SimJob job)
    {
        Jobs.Remove(job.Seen.Id.Value);
        Touch();
    }

    private void End(SimJob job, string state, int tick)
    {
        if (Records.GetValueOrDefault(new NodeName(job.Seen.Nodes)) is { } record
            && !record.Seen.State.HasFlag(SlurmNodeState.Down))
            Put(record, WithBase(record.Seen, SlurmNodeState.Idle) with { AllocatedCpus = 0, GresUsed = "" });
        job.Seen = job.Seen with { State = state };
        job.EndsAt = tick + 5;
        Touch();
    }

    public void AddForeign()
    {
        var name = new NodeName("cpu-1");
        var seen = new SlurmNode
        {
            Name = name, State = SlurmNodeState.Idle, Cpus = 4, MemoryMiB = 4096, Weight = 1, Features = ["cpu"],
        };
        Records[name] = new SimRecord(++records, seen);
        Partitions["debug"] = new SlurmPartition { Name = new PartitionName("debug"), Nodes = "cpu-1" };
        Touch();
    }
}
