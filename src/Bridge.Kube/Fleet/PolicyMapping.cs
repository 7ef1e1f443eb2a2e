using System.Collections.Immutable;
using Bridge.Core.Names;
using Bridge.Core.Policy;
using Bridge.Kube.Models;

namespace Bridge.Kube.Fleet;

/// <summary>
/// Bridge's own resources → the policies that planners read. Fields that the API server would have defaulted get the
/// same defaults, so an object stored before a field existed reads the same.
/// </summary>
internal static class PolicyMapping
{
    private static readonly SlurmClusterSpec ClusterDefaults = new() { RestUrl = "", ConfServer = "" };
    private static readonly PartitionPolicySpec PartitionDefaults = new() { Cluster = "" };
    private static readonly SlurmdTemplate SlurmdDefaults = new() { Image = "" };
    private static readonly string MaxUnavailableDefault =
        new NodePoolSpec { Cluster = "", NodeSelector = new NodeSelector(), Slurmd = SlurmdDefaults }.MaxUnavailable;

    public static SlurmCluster Map(SlurmClusterObject stored) => new()
    {
        Ref = Ref("SlurmCluster", stored.Metadata),
        Generation = stored.Metadata.Generation,
        ResourceVersion = stored.Metadata.ResourceVersion,
        Deleting = stored.Metadata.DeletionTimestamp is not null,
        HasFinalizer = stored.Metadata.Finalizers.Contains(WellKnown.ClusterFinalizer),
        OtherFinalizers = [.. stored.Metadata.Finalizers.Where(f => f != WellKnown.ClusterFinalizer)],
        Abandoned = IsAbandoned(stored.Metadata),
        Spec = new SlurmClusterSpec
        {
            RestUrl = stored.Spec.RestUrl,
            User = stored.Spec.User ?? ClusterDefaults.User,
            TokenKeyRef = Map(stored.Spec.TokenKeyRef),
            CaRef = stored.Spec.CaRef is { } ca
                ? new CaRef { Kind = Word<CaKind>(ca.Kind), Name = ca.Name, Key = ca.Key } : null,
            AllowPlainHttp = stored.Spec.AllowPlainHttp,
            SlurmClient = stored.Spec.SlurmClient ?? "",
            SlurmKeyRef = Map(stored.Spec.SlurmKeyRef),
            ConfServer = stored.Spec.ConfServer,
            ReadBudgetPercent = stored.Spec.ReadBudgetPercent ?? ClusterDefaults.ReadBudgetPercent,
            PollSeconds = stored.Spec.PollSeconds ?? ClusterDefaults.PollSeconds,
            AccountNamespaces = stored.Spec.AccountNamespaces?.ToImmutableDictionary()
                ?? ImmutableDictionary<string, string>.Empty,
            DefaultJobNamespace = stored.Spec.DefaultJobNamespace ?? ClusterDefaults.DefaultJobNamespace,
        },
        Conditions = Map(stored.Status.Conditions),
        SlurmVersion = stored.Status.SlurmVersion,
        DataParser = stored.Status.DataParser,
        Counts = new SlurmClusterCounts
        {
            Nodes = stored.Status.Counts.Nodes,
            NodesReady = stored.Status.Counts.NodesReady,
            NodesDrained = stored.Status.Counts.NodesDrained,
            NodesDown = stored.Status.Counts.NodesDown,
            Gpus = stored.Status.Counts.Gpus,
            GpusAllocated = stored.Status.Counts.GpusAllocated,
            JobsRunning = stored.Status.Counts.JobsRunning,
            JobsPending = stored.Status.Counts.JobsPending,
        },
    };

    public static NodePool Map(NodePoolObject stored) => new()
    {
        Ref = Ref("NodePool", stored.Metadata),
        Generation = stored.Metadata.Generation,
        ResourceVersion = stored.Metadata.ResourceVersion,
        Deleting = stored.Metadata.DeletionTimestamp is not null,
        Abandoned = IsAbandoned(stored.Metadata),
        Spec = new NodePoolSpec
        {
            Cluster = stored.Spec.Cluster,
            NodeSelector = Map(stored.Spec.NodeSelector),
            Slurmd = new SlurmdTemplate
            {
                Image = stored.Spec.Slurmd.Image,
                PriorityClassName = stored.Spec.Slurmd.PriorityClassName ?? "",
                TerminationGracePeriodSeconds =
                    stored.Spec.Slurmd.TerminationGracePeriodSeconds ?? SlurmdDefaults.TerminationGracePeriodSeconds,
            },
            GpuOwnership = Word<GpuOwnership>(stored.Spec.GpuOwnership),
            Reserved = new Reservation
            { Cpus = stored.Spec.Reserved?.Cpus ?? 0, MemoryMiB = stored.Spec.Reserved?.MemoryMiB ?? 0 },
            Features = [.. stored.Spec.Features],
            FeatureLabels = [.. stored.Spec.FeatureLabels],
            OnGpuLoss = Word<GpuLossRule>(stored.Spec.OnGpuLoss),
            MaxUnavailable = stored.Spec.MaxUnavailable ?? MaxUnavailableDefault,
            CordonOnSlurmDrain = stored.Spec.CordonOnSlurmDrain,
            Shared = stored.Spec.Shared,
            Lendable = stored.Spec.Lendable,
        },
        Conditions = Map(stored.Status.Conditions),
        Counts = new NodePoolCounts
        {
            KubeNodes = stored.Status.Counts.KubeNodes,
            Pods = stored.Status.Counts.Pods,
            SlurmNodes = stored.Status.Counts.SlurmNodes,
            Gpus = stored.Status.Counts.Gpus,
            Drained = stored.Status.Counts.Drained,
        },
    };

    public static PartitionPolicy Map(PartitionPolicyObject stored) => new()
    {
        Ref = Ref("PartitionPolicy", stored.Metadata),
        Generation = stored.Metadata.Generation,
        ResourceVersion = stored.Metadata.ResourceVersion,
        Deleting = stored.Metadata.DeletionTimestamp is not null,
        HasFinalizer = stored.Metadata.Finalizers.Contains(WellKnown.PartitionFinalizer),
        OtherFinalizers = [.. stored.Metadata.Finalizers.Where(f => f != WellKnown.PartitionFinalizer)],
        Spec = Map(stored.Spec),
        Conditions = Map(stored.Status.Conditions),
        Counts = new PartitionCounts
        {
            Nodes = stored.Status.Counts.Nodes,
            Gpus = stored.Status.Counts.Gpus,
            JobsRunning = stored.Status.Counts.JobsRunning,
            JobsPending = stored.Status.Counts.JobsPending,
        },
    };

    private static PartitionPolicySpec Map(PartitionPolicyObjectSpec spec) => new()
    {
        Cluster = spec.Cluster,
        PartitionName = spec.PartitionName ?? "",
        Pools = [.. spec.Pools],
        GpuModels = [.. spec.GpuModels],
        State = Word<PartitionState>(spec.State),
        MaxTimeMinutes = spec.MaxTimeMinutes,
        DefaultTimeMinutes = spec.DefaultTimeMinutes,
        MaxNodes = spec.MaxNodes,
        PriorityTier = spec.PriorityTier ?? PartitionDefaults.PriorityTier,
        AllowAccounts = [.. spec.AllowAccounts],
        DenyAccounts = [.. spec.DenyAccounts],
        AllowQos = [.. spec.AllowQos],
        Qos = spec.Qos ?? "",
        BillingWeights = spec.BillingWeights ?? "",
        PreemptMode = spec.PreemptMode ?? "",
        Adopt = spec.Adopt,
    };

    private static ObjectRef Ref(string kind, Meta meta) => new(kind, meta.Namespace, meta.Name, meta.Uid);

    private static bool IsAbandoned(Meta meta) =>
        meta.Annotations.GetValueOrDefault(WellKnown.AbandonAnnotation) == "true";

    private static SecretKeyRef? Map(KeyRef? key) =>
        key is null ? null : new SecretKeyRef { Name = key.Name, Key = key.Key };

    private static NodeSelector Map(LabelSelector selector) => new()
    {
        MatchLabels = selector.MatchLabels?.ToImmutableDictionary() ?? ImmutableDictionary<string, string>.Empty,
        MatchExpressions =
        [
            .. selector.MatchExpressions.Select(
            e => new LabelRequirement { Key = e.Key, Operator = e.Operator, Values = [.. e.Values] }),
        ],
    };

    private static ImmutableArray<Condition> Map(IReadOnlyList<ObjectCondition> conditions) =>
    [
        .. conditions.Select(c => new Condition
        {
            Type = c.Type,
            Status = NodeMapping.StatusOf(c.Status),
            Reason = c.Reason,
            Message = c.Message,
            ObservedGeneration = c.ObservedGeneration,
            LastTransitionTime = c.LastTransitionTime ?? default,
        }),
    ];

    // The schema's enums are the names of these enums' members; the first member is the default.
    private static T Word<T>(string? word)
        where T : struct, Enum =>
        Enum.TryParse<T>(word, out var value) && Enum.IsDefined(value) ? value : default;
}
