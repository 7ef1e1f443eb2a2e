using System.Collections.Immutable;
using System.Globalization;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Planning;
using Bridge.Core.Policy;
using Bridge.Core.View;

namespace Bridge.Bench;

/// <summary>A fleet in memory: nodes of eight GPUs in four pools, three partitions, and a job for each node.</summary>
internal static class PlanFleet
{
    public const int Pools = 4;
    public const int Partitions = 3;
    private const string Namespace = "slurm";
    private const int GpusPerNode = 8;

    public static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly SourceState Read = new(true, Now);

    /// <summary>The same fleet after a tick that found all as it was: only Slurm's view is a new value.</summary>
    public static ClusterView Tick(ClusterView view) => view with
    {
        Slurm = view.Slurm with { Nodes = Read with { Since = Now + TimeSpan.FromSeconds(30) } },
    };

    /// <summary>A job more: the cluster and two partitions count it.</summary>
    public const int StatusesOfAJob = 3;

    /// <summary>The same fleet after a pending job came.</summary>
    public static ClusterView JobCame(ClusterView view) => view with
    {
        Slurm = view.Slurm with
        {
            JobsById = view.Slurm.JobsById.Add(new JobId(1_000_000), Job(1) with { Id = new JobId(1_000_000) }),
        },
    };

    /// <summary>Kubernetes has the nodes and Slurm the jobs; nothing that Bridge would make is there yet.</summary>
    public static ClusterView Bare(int nodes)
    {
        var cluster = new SlurmCluster
        {
            Ref = new ObjectRef("SlurmCluster", Namespace, "lab", "uid-lab"),
            HasFinalizer = true,
            Spec = new SlurmClusterSpec
            {
                RestUrl = "http://slurmrestd:6820", ConfServer = "slurmctld:6817",
                SlurmKeyRef = new SecretKeyRef { Name = "slurm-key", Key = "slurm.key" },
            },
        };
        var kube = new KubeView
        {
            Source = Read,
            Nodes = Enumerable.Range(0, nodes).Select(Node).ToImmutableDictionary(n => n.Name),
            Devices = Enumerable.Range(0, nodes).Select(Devices).ToImmutableDictionary(d => d.KubeNode),
            Clusters = [cluster],
            Pools = [.. Enumerable.Range(0, Pools).Select(Pool)],
            Partitions =
            [
                Policy("all", [0, 1, 2, 3], []), Policy("large", [0, 1], ["h100"]), Policy("small", [2], ["h100"]),
            ],
        };
        var slurm = new SlurmView
        {
            Nodes = Read, Partitions = Read, Jobs = Read, Version = "26.05.5", DataParser = "v0.0.45",
            Capabilities = SlurmCapabilities.WritePartitions | SlurmCapabilities.CreateNodes,
            JobsById = Enumerable.Range(0, nodes).Select(Job).ToImmutableDictionary(j => j.Id),
        };
        return new ClusterView(cluster, kube, slurm);
    }

    /// <summary>
    /// The same fleet with every step done that a plan asks for, until it asks for none. That there is such a view is a
    /// law of the planner; more rounds than it can take are a bug.
    /// </summary>
    public static ClusterView Settle(ClusterView view)
    {
        var world = new PlanWorld(view);
        var memory = new PlanMemory();
        for (var round = 0; round < 8; round++)
        {
            var plan = ClusterPlanner.Plan(world.View, memory, Now);
            if (plan.Steps.IsEmpty)
                return world.View;
            world.Do(plan.Steps);
        }
        throw new InvalidOperationException("the planner asks for steps again and again");
    }

    /// <summary>
    /// The same nodes and records as new objects, as after reading everything again: nothing remembered fits.
    /// </summary>
    public static ClusterView Reread(ClusterView view) => view with
    {
        Kube = view.Kube with
        {
            Nodes = view.Kube.Nodes.Values.Select(n => n with { }).ToImmutableDictionary(n => n.Name),
        },
        Slurm = view.Slurm with
        {
            NodesByName = view.Slurm.NodesByName.Values.Select(n => n with { }).ToImmutableDictionary(n => n.Name),
        },
    };

    /// <summary>Every node cordoned in Kubernetes.</summary>
    public static ClusterView Cordon(ClusterView view) => view with
    {
        Kube = view.Kube with
        {
            Nodes = view.Kube.Nodes.Values.Select(n => n with { Cordoned = true }).ToImmutableDictionary(n => n.Name),
        },
    };

    private static KubeNode Node(int number) => new()
    {
        Name = NameOf(number) + ".example.org",
        Uid = $"uid-{number}",
        Labels = ImmutableDictionary.CreateRange(new Dictionary<string, string>
        {
            ["pool"] = PoolOf(number),
            ["kubernetes.io/hostname"] = NameOf(number),
            ["topology.kubernetes.io/zone"] = $"zone-{number % 3}",
            ["node.kubernetes.io/instance-type"] = "h100x8",
        }),
        Ready = ConditionStatus.True,
        AllocatableMilliCpu = 192_000,
        AllocatableMemoryBytes = 2048L << 30,
    };

    private static NodeDevices Devices(int number) => new(NameOf(number) + ".example.org", PoolState.Complete, "",
    [
        .. Enumerable.Range(0, GpusPerNode).Select(gpu => new GpuDevice
        {
            Driver = WellKnown.NvidiaDriver,
            Pool = NameOf(number),
            Name = $"gpu-{gpu}",
            Uuid = $"GPU-{number:x8}-0000-4000-8000-{gpu:x12}",
            Product = "NVIDIA H100 80GB HBM3",
            DriverVersion = "580.95.05",
            ComputeCapability = "9.0.0",
        }),
    ]);

    private static NodePool Pool(int number) => new()
    {
        Ref = new ObjectRef("NodePool", Namespace, PoolOf(number), $"uid-pool-{number}"),
        Spec = new NodePoolSpec
        {
            Cluster = "lab",
            NodeSelector = new NodeSelector
            {
                MatchLabels = ImmutableDictionary<string, string>.Empty.Add("pool", PoolOf(number)),
            },
            Slurmd = new SlurmdTemplate { Image = "registry.example.org/slurmd:26.05" },
            FeatureLabels = ["topology.kubernetes.io/zone"],
        },
    };

    private static PartitionPolicy Policy(string name, int[] pools, ImmutableArray<string> models) => new()
    {
        Ref = new ObjectRef("PartitionPolicy", Namespace, name, "uid-" + name),
        Spec = new PartitionPolicySpec
        {
            Cluster = "lab", Pools = [.. pools.Select(PoolOf)], GpuModels = models, MaxTimeMinutes = 1440,
        },
    };

    private static SlurmJob Job(int number) => new()
    {
        Id = new JobId((uint)number + 1),
        State = number % 2 == 0 ? JobStates.Running : JobStates.Pending,
        Partition = number % 2 == 0 ? "all" : "large,small",
        Nodes = number % 2 == 0 ? NameOf(number) : "",
        User = $"user{number % 50}",
        Gpus = GpusPerNode,
        SubmitTime = Now,
    };

    private static string PoolOf(int number) => $"pool-{number % Pools}";

    private static string NameOf(int number) => string.Create(CultureInfo.InvariantCulture, $"gpu-{number:D5}");
}
