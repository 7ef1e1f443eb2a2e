using System.Text.Json.Nodes;
using Bridge.Core.Names;
using Bridge.Core.Planning;
using Bridge.Core.Policy;
using k8s.Models;

namespace Bridge.Kube.Fleet;

/// <summary>Writes the slurmd pod and its claim as Kubernetes objects.</summary>
internal static class SlurmdPodBody
{
    /// <summary>Name of the claim within the pod, and of its one request.</summary>
    private const string Gpus = "gpus";

    private const string Key = "slurm-key";

    public static V1Pod Pod(SlurmdPodSpec pod) => new()
    {
        ApiVersion = V1Pod.KubeApiVersion,
        Kind = V1Pod.KubeKind,
        Metadata = new V1ObjectMeta
        {
            Name = pod.Name,
            NamespaceProperty = pod.Namespace,
            Labels = Labels(pod.Cluster, pod.SlurmNode, pod.Pool),
            Annotations = new Dictionary<string, string>
            {
                [WellKnown.SpecHashAnnotation] = pod.SpecHash,
                [WellKnown.KubeNodeAnnotation] = pod.KubeNode,
                [WellKnown.NodeUidAnnotation] = pod.KubeNodeUid,
            },
        },
        Spec = Spec(pod),
    };

    public static Resourcev1ResourceClaim Claim(ClaimSpec claim) => new()
    {
        ApiVersion = $"{Resourcev1ResourceClaim.KubeGroup}/{Resourcev1ResourceClaim.KubeApiVersion}",
        Kind = Resourcev1ResourceClaim.KubeKind,
        Metadata = new V1ObjectMeta
        {
            Name = claim.Name,
            NamespaceProperty = claim.Namespace,
            // No pool: a claim belongs to its node and devices, whichever pool the node is in.
            Labels = Labels(claim.Cluster, claim.SlurmNode, ""),
            Annotations = new Dictionary<string, string> { [WellKnown.KubeNodeAnnotation] = claim.KubeNode },
        },
        Spec = new V1ResourceClaimSpec
        {
            Devices = new V1DeviceClaim
            {
                Requests =
                [
                    new V1DeviceRequest
                    {
                        Name = Gpus,
                        Exactly = new V1ExactDeviceRequest
                        {
                            DeviceClassName = claim.DeviceClass,
                            AllocationMode = "All",
                            Selectors =
                                [new V1DeviceSelector { Cel = new V1CELDeviceSelector { Expression = OneOf(claim) } }],
                            Tolerations =
                            [
                                new V1DeviceToleration
                                {
                                    Key = WellKnown.PlaneTaint, OperatorProperty = "Equal",
                                    Value = WellKnown.BatchPlane,
                                },
                            ],
                        },
                    },
                ],
            },
        },
    };

    private static Dictionary<string, string> Labels(string cluster, NodeName node, string pool)
    {
        var labels = new Dictionary<string, string>
        {
            [WellKnown.ManagedByLabel] = WellKnown.ManagedByValue,
            [WellKnown.ComponentLabel] = WellKnown.SlurmdComponent,
            [WellKnown.ClusterLabel] = cluster,
            [WellKnown.SlurmNodeLabel] = node.Value,
        };
        if (pool.Length > 0)
            labels[WellKnown.PoolLabel] = pool;
        return labels;
    }

    private static V1PodSpec Spec(SlurmdPodSpec pod) => new()
    {
        RestartPolicy = "Always",
        AutomountServiceAccountToken = false,
        EnableServiceLinks = false,
        TerminationGracePeriodSeconds = pod.Template.TerminationGracePeriodSeconds,
        PriorityClassName = pod.Template.PriorityClassName.Length > 0 ? pod.Template.PriorityClassName : null,
        Affinity = OnNode(pod.KubeNode),
        Tolerations =
        [
            new V1Toleration
                { Key = WellKnown.PlaneTaint, OperatorProperty = "Equal", Value = WellKnown.BatchPlane },
            Tolerate("node.kubernetes.io/unschedulable", "NoSchedule"),
            // A kubelet that is silent for a while must not cost the jobs: whether the node is dead is Slurm's to say.
            Tolerate("node.kubernetes.io/not-ready", "NoExecute"),
            Tolerate("node.kubernetes.io/unreachable", "NoExecute"),
        ],
        ResourceClaims = pod.ClaimName.Length > 0
            ? [new V1PodResourceClaim { Name = Gpus, ResourceClaimName = pod.ClaimName }]
            : null,
        Containers = [Container(pod)],
        Volumes =
        [
            new V1Volume
            {
                Name = Key,
                Secret = new V1SecretVolumeSource
                {
                    SecretName = pod.SlurmKey.Name,
                    DefaultMode = 0b100_000_000,
                    Items = [new V1KeyToPath { Key = pod.SlurmKey.Key, Path = "slurm.key" }],
                },
            },
        ],
    };

    private static V1Container Container(SlurmdPodSpec pod) => new()
    {
        Name = "slurmd",
        Image = pod.Template.Image,
        Command = ["slurmd"],
        Args = [.. pod.Arguments],
        Ports = [new V1ContainerPort { Name = "slurmd", ContainerPort = 6818, Protocol = "TCP" }],
        VolumeMounts = [new V1VolumeMount { Name = Key, MountPath = "/etc/slurm", ReadOnlyProperty = true }],
        Resources = Resources(pod),
        SecurityContext = pod.Ownership == GpuOwnership.Host ? new V1SecurityContext { Privileged = true } : null,
    };

    private static V1ResourceRequirements Resources(SlurmdPodSpec pod) => new()
    {
        Requests = new Dictionary<string, ResourceQuantity>
            { ["cpu"] = new($"{pod.Cpus}"), ["memory"] = new($"{pod.MemoryMiB}Mi") },
        Claims = pod.ClaimName.Length > 0 ? [new Corev1ResourceClaim { Name = Gpus }] : null,
        Limits = pod.ClaimName.Length == 0 && pod.Gpus > 0
            ? new Dictionary<string, ResourceQuantity> { [WellKnown.NvidiaGpuResource] = new($"{pod.Gpus}") }
            : null,
    };

    private static V1Affinity OnNode(string kubeNode) => new()
    {
        NodeAffinity = new V1NodeAffinity
        {
            RequiredDuringSchedulingIgnoredDuringExecution = new V1NodeSelector
            {
                NodeSelectorTerms =
                [
                    new V1NodeSelectorTerm
                    {
                        MatchFields =
                        [
                            new V1NodeSelectorRequirement
                                { Key = "metadata.name", OperatorProperty = "In", Values = [kubeNode] },
                        ],
                    },
                ],
            },
        },
    };

    private static V1Toleration Tolerate(string key, string effect) =>
        new() { Key = key, OperatorProperty = "Exists", Effect = effect };

    // An attribute that a device lacks is an error in CEL and would fail the whole claim: hence the optional access.
    private static string OneOf(ClaimSpec claim) =>
        $"device.attributes[{Quoted(claim.Driver)}].?uuid.orValue(\"\") in "
            + $"[{string.Join(", ", claim.Uuids.Select(Quoted))}]";

    // CEL's string escapes include those of JSON.
    private static string Quoted(string text) => JsonValue.Create(text).ToJsonString();
}
