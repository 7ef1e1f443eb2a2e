using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Bridge.Core.Planning;
using Bridge.Core.Policy;
using Bridge.Kube.Models;
using Bridge.Kube.Writes;

namespace Bridge.Kube.Fleet;

/// <summary>Writes the statuses of Bridge's resources: the whole of what Bridge owns there.</summary>
internal static class StatusBody
{
    /// <summary>The kind that a status is of, and status as an object.</summary>
    public static (KubeResource Resource, JsonObject Status) Of(WriteStatus step) => step switch
    {
        WriteClusterStatus s => (KubeKinds.SlurmClusters.Resource, new JsonObject
        {
            ["conditions"] = Conditions(s.Conditions),
            ["slurmVersion"] = s.SlurmVersion,
            ["dataParser"] = s.DataParser,
            ["counts"] = new JsonObject
            {
                ["nodes"] = s.Counts.Nodes,
                ["nodesReady"] = s.Counts.NodesReady,
                ["nodesDrained"] = s.Counts.NodesDrained,
                ["nodesDown"] = s.Counts.NodesDown,
                ["gpus"] = s.Counts.Gpus,
                ["gpusAllocated"] = s.Counts.GpusAllocated,
                ["jobsRunning"] = s.Counts.JobsRunning,
                ["jobsPending"] = s.Counts.JobsPending,
            },
        }),
        WritePoolStatus s => (KubeKinds.NodePools.Resource, new JsonObject
        {
            ["conditions"] = Conditions(s.Conditions),
            ["counts"] = new JsonObject
            {
                ["kubeNodes"] = s.Counts.KubeNodes,
                ["pods"] = s.Counts.Pods,
                ["slurmNodes"] = s.Counts.SlurmNodes,
                ["gpus"] = s.Counts.Gpus,
                ["drained"] = s.Counts.Drained,
            },
        }),
        WritePartitionStatus s => (KubeKinds.PartitionPolicies.Resource, new JsonObject
        {
            ["conditions"] = Conditions(s.Conditions),
            ["counts"] = new JsonObject
            {
                ["nodes"] = s.Counts.Nodes,
                ["gpus"] = s.Counts.Gpus,
                ["jobsRunning"] = s.Counts.JobsRunning,
                ["jobsPending"] = s.Counts.JobsPending,
            },
        }),
        _ => throw new NotSupportedException($"no status is written for {step.GetType().Name}"),
    };

    private static JsonArray Conditions(ImmutableArray<Condition> conditions) =>
    [
        .. conditions.Select(c => new JsonObject
        {
            ["type"] = c.Type,
            ["status"] = c.Status.ToString(),
            ["reason"] = c.Reason,
            ["message"] = c.Message,
            ["observedGeneration"] = c.ObservedGeneration,
            ["lastTransitionTime"] = EventRecorder.Seconds(c.LastTransitionTime),
        }),
    ];
}
