using System.Collections.Immutable;
using Bridge.Control.Ports;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Planning;
using Bridge.Core.Policy;
using Bridge.Core.View;

namespace Bridge.Control.Tests.Loop;

/// <summary>
/// Both neighbours of a loop: views that a test sets, every call noted, answers that a test gives. No write changes a
/// view: what a test wants seen, it shows.
/// </summary>
internal sealed class ClusterLoopPorts : IKubePort, ISlurmPort
{
    public static readonly ObjectRef Cluster = new("SlurmCluster", "slurm", "lab", "uid-lab");

    private static readonly SourceState Fresh = new(true, DateTimeOffset.UnixEpoch);
    private readonly Lock gate = new();

    public ClusterLoopPorts() => Read = () => Task.FromResult(Slurm);

    public KubeView Kube { get; set; } = new()
    {
        Source = Fresh,
        Clusters =
        [
            new SlurmCluster
            {
                Ref = Cluster,
                HasFinalizer = true,
                Spec = new SlurmClusterSpec { RestUrl = "unix:/run/slurmrestd.sock", ConfServer = "slurmctld:6817" },
            },
        ],
        Pools =
        [
            new NodePool
            {
                Ref = new ObjectRef("NodePool", "slurm", "main", "uid-main"),
                Spec = new NodePoolSpec
                {
                    Cluster = "lab",
                    NodeSelector = new NodeSelector
                    {
                        MatchLabels = ImmutableDictionary<string, string>.Empty.Add("pool", "main"),
                    },
                    Slurmd = new SlurmdTemplate { Image = "slurmd:26.05" },
                    GpuOwnership = GpuOwnership.None,
                },
            },
        ],
    };

    public SlurmView Slurm { get; set; } = new() { Nodes = Fresh, Partitions = Fresh, Jobs = Fresh };

    /// <summary>What a write is answered; Done where a test says nothing.</summary>
    public Func<string, Task<StepResult>> Answer { get; set; } = _ => Task.FromResult(StepResult.Done);

    /// <summary>What a read of Slurm is answered: what the test shows, at once, where it says nothing.</summary>
    public Func<Task<SlurmView>> Read { get; set; }

    /// <summary>What Slurm says right before a slurmd is ended.</summary>
    public StepResult Idle { get; set; } = StepResult.Done;

    /// <summary>Happens while Slurm is asked that.</summary>
    public Action Confirming { get; set; } = () => { };

    /// <summary>What was asked right before a slurmd was ended, as `NODE REASON`.</summary>
    public List<string> Confirmed { get; } = [];

    /// <summary>Every write but statuses, in order, as `Kind subject`.</summary>
    public List<string> Writes { get; } = [];

    /// <summary>Of nodes, as they were written.</summary>
    public List<NodeCondition> Conditions { get; } = [];

    public int Statuses { get; private set; }
    public int Reads { get; private set; }

    KubeView IKubePort.View => Kube;

    SlurmView ISlurmPort.View => Slurm;

    public event Action? Changed;

    public void Show(KubeNode node)
    {
        Kube = Kube with { Nodes = Kube.Nodes.SetItem(node.Name, node) };
        Changed?.Invoke();
    }

    public static KubeNode Node(string name) => new()
    {
        Name = name, Uid = "uid-" + name, Ready = ConditionStatus.True,
        Labels = ImmutableDictionary<string, string>.Empty.Add("pool", "main"),
        AllocatableMilliCpu = 8000, AllocatableMemoryBytes = 8L << 30,
    };

    public Task<SlurmView> ReadAsync(CancellationToken cancel)
    {
        Reads++;
        return Read();
    }

    public Task<StepResult> ConfirmIdleAsync(NodeName node, string? heldFor, CancellationToken cancel)
    {
        Confirmed.Add($"{node} {heldFor}");
        Confirming();
        return Task.FromResult(Idle);
    }

    private Task<StepResult> Write(string what)
    {
        lock (gate)
            Writes.Add(what);
        return Answer(what);
    }

    public Task<StepResult> CreateClaimAsync(ClaimSpec claim, CancellationToken cancel) =>
        Write($"CreateClaim {claim.Name}");

    public Task<StepResult> CreatePodAsync(SlurmdPodSpec pod, CancellationToken cancel) =>
        Write($"CreatePod {pod.Name}");

    public Task<StepResult> DeletePodAsync(DeletePod step, CancellationToken cancel) => Write($"DeletePod {step.Name}");

    public Task<StepResult> DeleteClaimAsync(DeleteClaim step, CancellationToken cancel) =>
        Write($"DeleteClaim {step.Name}");

    public Task<StepResult> SetFinalizerAsync(SetFinalizer step, CancellationToken cancel) =>
        Write($"SetFinalizer {step.About.Name}");

    public Task<StepResult> SetNodeConditionAsync(SetNodeCondition step, CancellationToken cancel)
    {
        Conditions.Add(step.Condition);
        return Write($"SetNodeCondition {step.KubeNode}");
    }

    public Task<StepResult> SetCordonAsync(SetCordon step, CancellationToken cancel) =>
        Write($"SetCordon {step.KubeNode}");

    public Task<StepResult> WriteStatusAsync(WriteStatus step, CancellationToken cancel)
    {
        Statuses++;
        return Task.FromResult(StepResult.Done);
    }

    public Task<StepResult> DrainAsync(DrainNodes step, CancellationToken cancel) =>
        Write($"DrainNodes {step.Nodes[0]}");

    public Task<StepResult> ResumeAsync(ResumeNodes step, CancellationToken cancel) =>
        Write($"ResumeNodes {step.Nodes[0]}");

    public Task<StepResult> TagAsync(TagNodes step, CancellationToken cancel) => 
        Write($"TagNodes {step.Tags[0].Node}");

    public Task<StepResult> DeleteNodesAsync(DeleteSlurmNodes step, CancellationToken cancel) =>
        Write($"DeleteSlurmNodes {step.Nodes[0]}");

    public Task<StepResult> PutPartitionAsync(PutPartition step, CancellationToken cancel) =>
        Write($"PutPartition {step.Partition.Name}");

    public Task<StepResult> DeletePartitionAsync(DeletePartition step, CancellationToken cancel) =>
        Write($"DeletePartition {step.Partition}");
}
