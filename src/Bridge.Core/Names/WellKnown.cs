namespace Bridge.Core.Names;

/// <summary>
/// Every label, annotation, taint, condition, finalizer and prefix that Bridge reads or writes, in one place.
/// </summary>
public static class WellKnown
{
    public const string Group = "slurmbridge.io";
    public const string Version = "v1alpha1";
    public const string ApiVersion = Group + "/" + Version;
    public const string JobsGroup = "jobs.slurmbridge.io";

    /// <summary>Field manager of every server-side apply and merge-patch that Bridge sends.</summary>
    public const string FieldManager = "bridge";

    /// <summary>Drain reasons that Bridge wrote begin so; only those may Bridge clear.</summary>
    public const string ReasonPrefix = "bridge:";

    /// <summary>Slurm features that Bridge owns begin so; all others are left alone.</summary>
    public const string FeaturePrefix = "k8s/";

    // Labels on what Bridge makes.
    public const string ManagedByLabel = "app.kubernetes.io/managed-by";
    public const string ManagedByValue = "slurmbridge";
    public const string ComponentLabel = "app.kubernetes.io/component";
    public const string SlurmdComponent = "slurmd";
    public const string ClusterLabel = "slurmbridge.io/cluster";
    public const string PoolLabel = "slurmbridge.io/pool";

    /// <summary>Slurm node name of a slurmd pod or claim; on a Kubernetes Node it overrides the derived name.</summary>
    public const string SlurmNodeLabel = "slurmbridge.io/slurm-node";

    /// <summary>Slinky's override label on a Node, honoured when ours is absent.</summary>
    public const string SlinkySlurmNodeLabel = "slinky.slurm.net/slurm-nodename";

    /// <summary>Slinky's override annotation on a Node, honoured when no label overrides.</summary>
    public const string SlinkyHostnameAnnotation = "nodeset.slinky.slurm.net/hostname-override";

    /// <summary>A Node that slurm-bridge registers itself: Bridge leaves it alone.</summary>
    public const string SlinkyExternalNodeLabel = "scheduler.slinky.slurm.net/external-node";

    /// <summary>Why a Node was cordoned, in words (Slinky): becomes the drain reason's detail.</summary>
    public const string SlinkyCordonReasonAnnotation = "nodeset.slinky.slurm.net/node-cordon-reason";

    /// <summary>
    /// Comma-separated Slurm features asked for on a Node (Slinky); registered under <see cref="FeaturePrefix"/>.
    /// </summary>
    public const string SlinkyFeaturesAnnotation = "features.slinky.slurm.net/spec";

    /// <summary>
    /// On a Secret with a token key: the slurmrestd addresses that tokens of it may be sent to, separated by commas.
    /// </summary>
    public const string AllowedAddressesAnnotation = "slurmbridge.io/allowed-addresses";

    // Annotations on what Bridge makes.
    public const string SpecHashAnnotation = "slurmbridge.io/spec-hash";
    public const string KubeNodeAnnotation = "slurmbridge.io/kube-node";
    public const string NodeUidAnnotation = "slurmbridge.io/node-uid";

    /// <summary>
    /// On a Node that Bridge cordoned because Slurm drained it; only such a Node does Bridge uncordon.
    /// </summary>
    public const string CordonedAnnotation = "slurmbridge.io/cordoned";

    /// <summary>Taint that fences a node's plane.</summary>
    public const string PlaneTaint = "slurmbridge.io/plane";
    public const string BatchPlane = "batch";

    /// <summary>
    /// On a PartitionPolicy: a Slurm partition of its name is, or may be, made by Bridge. Written before the partition
    /// is.
    /// </summary>
    public const string PartitionFinalizer = "slurmbridge.io/partition";

    /// <summary>
    /// On a SlurmCluster: pods, claims, Slurm nodes or partitions are, or may be, made for it. Written before the first
    /// of them is.
    /// </summary>
    public const string ClusterFinalizer = "slurmbridge.io/cluster";

    /// <summary>
    /// "true" on a SlurmCluster that is being deleted, or on a NodePool whose SlurmCluster is gone: its slurmd pods end
    /// without Slurm's being asked whether a job runs.
    /// </summary>
    public const string AbandonAnnotation = "slurmbridge.io/abandon";

    /// <summary>Node condition: Slurm drains this node, for a reason that is not Bridge's.</summary>
    public const string SlurmDrainedCondition = "SlurmDrained";
    public const string ReadyCondition = "Ready";

    /// <summary>Condition of a SlurmCluster: Slurm is read as it is meant to be.</summary>
    public const string ReadingHealthyCondition = "ReadingHealthy";

    public const string NvidiaDriver = "gpu.nvidia.com";
    public const string NvidiaGpuResource = "nvidia.com/gpu";
    public const string GpuProductLabel = "nvidia.com/gpu.product";
}
