using System.Text.Json.Nodes;
using Bridge.Core.Names;
using Bridge.Core.Planning;
using Bridge.Core.Policy;

namespace Bridge.Kube.Fleet;

/// <summary>Writes the slurmd pod and its claim as Kubernetes objects.</summary>
internal static class SlurmdPodBody
{
    /// <summary>Name of the claim within the pod, and of its one request.</summary>
    private const string Gpus = "gpus";

    public static JsonObject Pod(SlurmdPodSpec pod) => new()
    {
        ["metadata"] = new JsonObject
        {
            ["name"] = pod.Name,
            ["namespace"] = pod.Namespace,
            ["labels"] = Labels(pod.Cluster, pod.SlurmNode, pod.Pool),
            ["annotations"] = new JsonObject
            {
                [WellKnown.SpecHashAnnotation] = pod.SpecHash,
                [WellKnown.KubeNodeAnnotation] = pod.KubeNode,
                [WellKnown.NodeUidAnnotation] = pod.KubeNodeUid,
            },
        },
        ["spec"] = Spec(pod),
    };

    public static JsonObject Claim(ClaimSpec claim) => new()
    {
        ["metadata"] = new JsonObject
        {
            ["name"] = claim.Name,
            ["namespace"] = claim.Namespace,
            ["labels"] = Labels(claim.Cluster, claim.SlurmNode, ""),
            ["annotations"] = new JsonObject { [WellKnown.KubeNodeAnnotation] = claim.KubeNode },
        },
        ["spec"] = new JsonObject
        {
            ["devices"] = new JsonObject
            {
                ["requests"] = new JsonArray(new JsonObject
                {
                    ["name"] = Gpus,
                    ["exactly"] = new JsonObject
                    {
                        ["deviceClassName"] = claim.DeviceClass,
                        ["allocationMode"] = "All",
                        ["selectors"] = new JsonArray(new JsonObject
                        {
                            ["cel"] = new JsonObject { ["expression"] = OneOf(claim) },
                        }),
                        ["tolerations"] = new JsonArray(BatchPlane()),
                    },
                }),
            },
        },
    };

    // The labels of a claim have no pool: a claim belongs to its node and devices, whichever pool the node is in.
    private static JsonObject Labels(string cluster, NodeName node, string pool)
    {
        var labels = new JsonObject
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

    private static JsonObject Spec(SlurmdPodSpec pod)
    {
        var spec = new JsonObject
        {
            ["restartPolicy"] = "Always",
            ["automountServiceAccountToken"] = false,
            ["enableServiceLinks"] = false,
            ["terminationGracePeriodSeconds"] = pod.Template.TerminationGracePeriodSeconds,
            ["affinity"] = OnNode(pod.KubeNode),
            ["tolerations"] = new JsonArray(
                BatchPlane(),
                Tolerate("node.kubernetes.io/unschedulable", "NoSchedule"),
                // A kubelet that is silent for a while must not cost the jobs: whether the node is dead is Slurm's to
                // say.
                Tolerate("node.kubernetes.io/not-ready", "NoExecute"),
                Tolerate("node.kubernetes.io/unreachable", "NoExecute")),
            ["containers"] = new JsonArray(Container(pod)),
            ["volumes"] = new JsonArray(new JsonObject
            {
                ["name"] = "slurm-key",
                ["secret"] = new JsonObject
                {
                    ["secretName"] = pod.SlurmKey.Name,
                    ["defaultMode"] = 0b100_000_000,
                    ["items"] = new JsonArray(new JsonObject { ["key"] = pod.SlurmKey.Key, ["path"] = "slurm.key" }),
                },
            }),
        };
        if (pod.Template.PriorityClassName.Length > 0)
            spec["priorityClassName"] = pod.Template.PriorityClassName;
        if (pod.ClaimName.Length > 0)
            spec["resourceClaims"] = new JsonArray(
                new JsonObject { ["name"] = Gpus, ["resourceClaimName"] = pod.ClaimName });
        return spec;
    }

    private static JsonObject Container(SlurmdPodSpec pod)
    {
        var container = new JsonObject
        {
            ["name"] = "slurmd",
            ["image"] = pod.Template.Image,
            ["command"] = new JsonArray("slurmd"),
            ["args"] = new JsonArray([.. pod.Arguments.Select(a => JsonValue.Create(a))]),
            ["ports"] = new JsonArray(
                new JsonObject { ["name"] = "slurmd", ["containerPort"] = 6818, ["protocol"] = "TCP" }),
            ["volumeMounts"] = new JsonArray(
                new JsonObject { ["name"] = "slurm-key", ["mountPath"] = "/etc/slurm", ["readOnly"] = true }),
            ["resources"] = Resources(pod),
        };
        if (pod.Ownership == GpuOwnership.Host)
            container["securityContext"] = new JsonObject { ["privileged"] = true };
        return container;
    }

    private static JsonObject Resources(SlurmdPodSpec pod)
    {
        var resources = new JsonObject
        {
            ["requests"] = new JsonObject { ["cpu"] = $"{pod.Cpus}", ["memory"] = $"{pod.MemoryMiB}Mi" },
        };
        if (pod.ClaimName.Length > 0)
            resources["claims"] = new JsonArray(new JsonObject { ["name"] = Gpus });
        else if (pod.Gpus > 0)
            resources["limits"] = new JsonObject { [WellKnown.NvidiaGpuResource] = $"{pod.Gpus}" };
        return resources;
    }

    private static JsonObject OnNode(string kubeNode) => new()
    {
        ["nodeAffinity"] = new JsonObject
        {
            ["requiredDuringSchedulingIgnoredDuringExecution"] = new JsonObject
            {
                ["nodeSelectorTerms"] = new JsonArray(new JsonObject
                {
                    ["matchFields"] = new JsonArray(new JsonObject
                    {
                        ["key"] = "metadata.name",
                        ["operator"] = "In",
                        ["values"] = new JsonArray(kubeNode),
                    }),
                }),
            },
        },
    };

    private static JsonObject BatchPlane() =>
        new() { ["key"] = WellKnown.PlaneTaint, ["operator"] = "Equal", ["value"] = WellKnown.BatchPlane };

    private static JsonObject Tolerate(string key, string effect) =>
        new() { ["key"] = key, ["operator"] = "Exists", ["effect"] = effect };

    // An attribute that a device lacks is an error in CEL and would fail the whole claim: hence the optional access.
    private static string OneOf(ClaimSpec claim) =>
        $"device.attributes[{Quoted(claim.Driver)}].?uuid.orValue(\"\") in "
            + $"[{string.Join(", ", claim.Uuids.Select(Quoted))}]";

    // CEL's string escapes include those of JSON.
    private static string Quoted(string text) => JsonValue.Create(text).ToJsonString();
}
