using System.Collections.Immutable;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Planning;
using Bridge.Core.Policy;
using Bridge.Core.View;

namespace Bridge.Core.Tests.Planning;

/// <summary>
/// Builds a ClusterView from the lines of a case. What a line does not say is as it is on a healthy cluster.
/// </summary>
internal sealed class CaseView
{
    public static readonly DateTimeOffset Now = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);
    private const string Namespace = "slurm";

    private static readonly ObjectRef ClusterRef = new("SlurmCluster", Namespace, "lab", "uid-lab");

    private static readonly SlurmClusterSpec ClusterSpec = new()
    {
        RestUrl = "unix:/run/slurmrestd.sock",
        ConfServer = "10.231.0.1:6817",
        TokenKeyRef = new SecretKeyRef { Name = "slurm-jwt", Key = "jwt.key" },
        SlurmKeyRef = new SecretKeyRef { Name = "slurm-key", Key = "slurm.key" },
    };

    private SlurmCluster cluster = new()
    {
        Ref = ClusterRef, Spec = ClusterSpec, ResourceVersion = "7", HasFinalizer = true,
    };

    private KubeView kube = new() { Source = new SourceState(true, Now) };

    private ImmutableArray<Refusal> refusals = [];

    private SlurmView slurm = new()
    {
        Nodes = new SourceState(true, Now),
        Partitions = new SourceState(true, Now),
        Jobs = new SourceState(true, Now),
        Version = "26.05.5",
        DataParser = "v0.0.45",
        Capabilities = SlurmCapabilities.WritePartitions | SlurmCapabilities.CreateNodes,
    };

    public static ClusterView Parse(IEnumerable<string> lines)
    {
        var view = new CaseView();
        var parsed = lines.Where(l => l.Length > 0 && l[0] != '#').Select(CaseLine.Parse).ToList();
        // Pods and records describe themselves by the node they are of, so nodes and pools come first.
        foreach (var line in parsed.OrderBy(l => l.Kind switch { "pool" => 0, "node" => 1, "cluster" => 3, _ => 2 }))
        {
            view.Add(line);
            line.MustBeRead();
        }
        return new ClusterView(view.cluster, view.kube, view.slurm) { Refusals = view.refusals };
    }

    /// <summary>
    /// What Bridge remembers at the time of a view: it has looked since everything that is dated in it began.
    /// </summary>
    public static PlanMemory Remember(ClusterView view)
    {
        var memory = new PlanMemory();
        var (pods, records) = (view.Kube.Pods, view.Slurm.NodesByName);
        foreach (var at in pods.Select(p => p.ReadySince).Concat(records.Values.Select(n => n.ReasonSince))
            .OfType<DateTimeOffset>().Distinct().Order())
            ClusterPlanner.Plan(view with
            {
                Kube = view.Kube with { Pods = [.. pods.Where(p => !(p.ReadySince > at))] },
                Slurm = view.Slurm with { NodesByName = records.RemoveRange(
                    records.Values.Where(n => n.ReasonSince > at).Select(n => n.Name)) },
            }, memory, at);
        return memory;
    }

    private void Add(CaseLine line)
    {
        switch (line.Kind)
        {
            case "cluster": SetCluster(line); break;
            case "pool": AddPool(line); break;
            case "node": AddNode(line); break;
            case "pod": AddPod(line); break;
            case "claim": AddClaim(line); break;
            case "slurm": AddRecord(line); break;
            case "partition": AddPartition(line); break;
            case "policy": AddPolicy(line); break;
            case "job": AddJob(line); break;
            case "source": SetSource(line); break;
            case "version": SetVersion(line); break;
            case "waited": break; // memory: Bridge has seen it so for this many minutes
            case "text-client": slurm = slurm with { TextClientProblem = line.Text("problem") }; break;
            case "fresh": break; // memory: Bridge has only just begun to look
            case "refusal": AddRefusal(line); break;
            default: throw new FormatException($"no such line: {line.Kind}");
        }
    }

    // Deleted last: what is there describes itself by what it was made for.
    private void SetCluster(CaseLine line) => cluster = cluster with
    {
        HasFinalizer = !line.Has("unclaimed"), Deleting = line.Has("deleting"), Abandoned = line.Has("abandoned"),
        Counts = new SlurmClusterCounts { Nodes = line.Number("nodes", 0) },
    };

    private void AddPool(CaseLine line) => kube = kube with
    {
        Clusters = [cluster],
        Pools = kube.Pools.Add(new NodePool
        {
            Ref = new ObjectRef("NodePool", Namespace, line.Name, "uid-" + line.Name),
            Deleting = line.Has("deleting"),
            Spec = new NodePoolSpec
            {
                Cluster = "lab",
                NodeSelector = new NodeSelector
                {
                    MatchLabels = ImmutableDictionary<string, string>.Empty.Add(
                        "pool", line.Text("selects", line.Name)),
                },
                Slurmd = new SlurmdTemplate { Image = line.Text("image", "slurmd:26.05") },
                GpuOwnership = Enum.Parse<GpuOwnership>(line.Text("ownership", "Auto")),
                OnGpuLoss = Enum.Parse<GpuLossRule>(line.Text("on-gpu-loss", "Shrink")),
                MaxUnavailable = line.Text("max-unavailable", "25%"),
                CordonOnSlurmDrain = line.Has("cordon-on-slurm-drain"),
                Lendable = line.Has("lendable"),
                FeatureLabels = [.. line.List("feature-labels")],
                Reserved = new Reservation { Cpus = line.Number("reserve-cpus", 0) },
            },
        }),
    };

    private void AddNode(CaseLine line)
    {
        var labels = ImmutableDictionary.CreateRange(line.WithPrefix("label."));
        if (line.Text("pool", kube.Pools.IsEmpty ? "" : kube.Pools[0].Ref.Name) is { Length: > 0 } pool
            && !line.Has("unselected"))
            labels = labels.SetItem("pool", pool);
        var node = new KubeNode
        {
            Name = line.Name,
            Uid = line.Text("uid", "uid-" + line.Name),
            Labels = labels,
            Annotations = ImmutableDictionary.CreateRange(line.WithPrefix("annotation.")),
            Cordoned = line.Has("cordoned"),
            Ready = Enum.Parse<ConditionStatus>(line.Text("ready", "True")),
            ReadyMessage = line.Text("message"),
            AllocatableMilliCpu = line.Number("cpus", 4) * 1000L,
            AllocatableMemoryBytes = (long)line.Number("memory", 4096) << 20,
            AllocatableGpus = line.Number("plugin-gpus", 0),
            SlurmDrained = line.Text("drained-condition") is { Length: > 0 } reason
                ? new NodeCondition(ConditionStatus.True, "DrainedInSlurm", reason) : null,
        };
        kube = kube with
            { Nodes = kube.Nodes.Add(node.Name, node), Devices = kube.Devices.Add(node.Name, Devices(line)) };
    }

    private static NodeDevices Devices(CaseLine line)
    {
        var tainted = line.List("tainted");
        var missing = line.List("missing");
        var count = line.Number("gpus", 8);
        var devices = Enumerable.Range(0, count).Select(i => $"gpu-{i}").Except(missing).Select(name => new GpuDevice
        {
            Driver = WellKnown.NvidiaDriver,
            Pool = line.Name,
            Name = name,
            Uuid = $"GPU-{line.Name}-{name}",
            Product = line.Text("model", "NVIDIA H100 80GB HBM3"),
            MigProfile = line.Text("mig"),
            Taints = tainted.Contains(name) ? [new Taint("gpu.nvidia.com/xid", "79", "NoSchedule")] : [],
        });
        var state = Enum.Parse<PoolState>(line.Text("slices", count == 0 ? "None" : "Complete"));
        return new NodeDevices(line.Name, state, line.Text("slice-problem"), [.. devices]);
    }

    private Member? MemberOf(string node)
    {
        var (members, _) = Membership.Resolve(new ClusterView(cluster, kube, slurm));
        return members.GetValueOrDefault(new NodeName(node));
    }

    private void AddPod(CaseLine line)
    {
        var name = new NodeName(line.Name);
        var member = MemberOf(line.Name);
        var outdated = line.Has("outdated") || member?.Desired is null;
        var state = line.Text("state", "ready");
        kube = kube with
        {
            Pods = kube.Pods.Add(new SlurmdPod
            {
                Namespace = Namespace,
                Name = SlurmdPods.PodName(name),
                Uid = "uid-pod-" + line.Name,
                SlurmNode = name,
                KubeNode = line.Text("on", line.Name),
                Cluster = "lab",
                Pool = member?.Pool.Ref.Name ?? "main",
                SpecHash = outdated ? "old" : SlurmdPods.SpecHash(ClusterSpec, member!, name),
                ClaimName = line.Text(
                "claim", outdated || member is null ? "" : SlurmdPods.ClaimName(name, member.Desired!)),
                Phase = state switch
                { "pending" => PodPhase.Pending, "failed" => PodPhase.Failed, _ => PodPhase.Running },
                Ready = state == "ready",
                ReadySince = state == "ready" ? Now - TimeSpan.FromSeconds(line.Number("ready-seconds", 5)) : null,
                Deleting = line.Has("deleting"),
                Scheduled = state != "pending" || line.Has("scheduled"),
                Waiting = line.Text("waiting"),
            }),
        };
    }

    private void AddClaim(CaseLine line)
    {
        var name = new NodeName(line.Name);
        var claim = line.Text(
            "name", MemberOf(line.Name)?.Desired is { } desired ? SlurmdPods.ClaimName(name, desired) : "old");
        kube = kube with
        {
            Claims = kube.Claims.Add(new SlurmdClaim
            {
                Namespace = Namespace, Name = claim, Uid = "uid-" + claim, SlurmNode = name, Cluster = "lab",
                Allocated = line.Has("in-use"), InUse = line.Has("in-use"), Deleting = line.Has("deleting"),
            }),
        };
    }

    private void AddRecord(CaseLine line)
    {
        var name = new NodeName(line.Name);
        var member = MemberOf(line.Name);
        var pod = kube.Pods.FirstOrDefault(p => p.SlurmNode == name);
        var record = new SlurmNode
        {
            Name = name,
            State = line.Text("state", "Idle").Split('+')
            .Aggregate(SlurmNodeState.None, (s, w) => s | Enum.Parse<SlurmNodeState>(w)),
            Reason = line.Text("reason"),
            ReasonSince = Now - TimeSpan.FromSeconds(line.Number("reason-seconds", 3600)),
            Cpus = line.Number("cpus", member?.Desired?.Cpus ?? 4),
            MemoryMiB = line.Number("memory", (int)(member?.Desired?.MemoryMiB ?? 4096)),
            Gres = line.Text("gres", member?.Desired?.Gres ?? "gpu:h100:8"),
            Weight = line.Number("weight", member?.Desired?.Weight ?? 1),
            Features = line.Has("foreign") ? ["cpu"]
            : [.. line.List("features"), .. member?.Desired?.Features ?? ["k8s/pool-main"]],
        };
        if (!line.Has("untagged") && (pod is not null || line.Has("tagged")) && member?.Desired is not null)
            record = record with { Extra = Extra(record, member, pod) };
        slurm = slurm with { NodesByName = slurm.NodesByName.Add(name, record) };
    }

    private static string Extra(SlurmNode record, Member member, SlurmdPod? pod) => new BackReference
    {
        Namespace = Namespace, Pod = SlurmdPods.PodName(record.Name), KubeNode = member.Node.Name,
        NodeUid = member.Node.Uid, Gpus = member.Desired!.UuidsByIndex, SpecHash = pod?.SpecHash ?? member.SpecHash,
    }.Write();

    private void AddPartition(CaseLine line)
    {
        var partition = new SlurmPartition
        {
            Name = new PartitionName(line.Name), Nodes = line.Text("nodes"), State = line.Text("state", "UP"),
            MaxTimeMinutes = line.NumberOrNull("max-time"), PriorityTier = line.Number("tier", 1),
            AllowAccounts = [.. line.List("accounts")],
        };
        slurm = slurm with { PartitionsByName = slurm.PartitionsByName.Add(partition.Name, partition) };
    }

    private void AddPolicy(CaseLine line) => kube = kube with
    {
        Partitions = kube.Partitions.Add(new PartitionPolicy
        {
            Ref = new ObjectRef("PartitionPolicy", Namespace, line.Name, "uid-" + line.Name),
            ResourceVersion = "7",
            HasFinalizer = line.Has("claimed"),
            Deleting = line.Has("deleting"),
            Spec = new PartitionPolicySpec
            {
                Cluster = "lab", PartitionName = line.Text("partition"), Pools = [.. line.List("pools")],
                    GpuModels = [.. line.List("models")],
                State = Enum.Parse<PartitionState>(line.Text("state", "Up")),
                MaxTimeMinutes = line.NumberOrNull("max-time"),
                PriorityTier = line.Number("tier", 1), AllowAccounts = [.. line.List("accounts")],
                Adopt = line.Has("adopt"),
            },
        }),
    };

    private void AddJob(CaseLine line)
    {
        var job = new SlurmJob
        {
            Id = new JobId(uint.Parse(line.Name, System.Globalization.CultureInfo.InvariantCulture)),
                State = line.Text("state", JobStates.Running),
            Partition = line.Text("partition"), Nodes = line.Text("nodes"), Tasks = line.Number("tasks", 1),
            User = line.Text("user"),
            Name = line.Text("called"),
        };
        slurm = slurm with { JobsById = slurm.JobsById.Add(job.Id, job) };
    }

    private void AddRefusal(CaseLine line) => refusals = refusals.Add(new Refusal(
        line.Name, new ObjectRef(line.Text("kind"), line.Text("kind") == "Node" ? "" : Namespace, line.Text("about")),
        line.Text("why"), line.Text("reason"), !line.Has("unanswered"), Now, line.Number("times", 1)));

    private void SetVersion(CaseLine line) => slurm = slurm with
    {
        Version = line.Name, DataParser = line.Text("parser"), Capabilities = SlurmCapabilities.None,
    };

    private void SetSource(CaseLine line)
    {
        var state = line.Has("unsynced") ? SourceState.NotYet
            : new SourceState(
                true, Now - TimeSpan.FromSeconds(line.Number("seconds", 60)), line.Text("error"), line.Text("unread"));
        switch (line.Name)
        {
            case "kube": kube = kube with { Source = state }; break;
            case "nodes": slurm = slurm with { Nodes = state }; break;
            case "partitions": slurm = slurm with { Partitions = state }; break;
            case "jobs": slurm = slurm with { Jobs = state }; break;
            default: throw new FormatException($"no such source: {line.Name}");
        }
    }
}
