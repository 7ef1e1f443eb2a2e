using System.Globalization;
using System.Text.Json.Nodes;
using Bridge.Control;
using Bridge.Kube.Models;
using Bridge.Kube.Writes;
using Bridge.Lab.Models;

namespace Bridge.Lab.Nodes;

/// <summary>
/// Keeps nodes alive as kubelets do: each one's Lease in kube-node-lease every beat, its status when it does not say
/// Ready, else every five minutes (KEP-589).
/// </summary>
internal sealed class NodeHeartbeat(LabWriter writer, TimeProvider time, int kubeletPort)
{
    private static readonly TimeSpan StatusEvery = TimeSpan.FromMinutes(5);
    private const int LeaseSeconds = 40;

    private readonly Dictionary<string, DateTimeOffset> reported = [];

    /// <summary>Beats once for every node; the first failure's reason, or "" when all went well.</summary>
    public async Task<string> BeatAsync(IEnumerable<NodeObject> nodes, CancellationToken cancel)
    {
        var failure = "";
        foreach (var node in nodes)
        {
            var result = await RenewAsync(node, cancel);
            if (result is StepResult.DoneResult && StatusIsDue(node))
                result = await ReportAsync(node, cancel);
            if (result is StepResult.UnavailableResult or StepResult.RejectedResult && failure.Length == 0)
                failure = $"{node.Metadata.Name}: {result}";
        }
        return failure;
    }

    private async Task<StepResult> RenewAsync(NodeObject node, CancellationToken cancel)
    {
        var target = new WriteTarget(
            KubeKinds.Leases, new ObjectKey(LabKeys.LeaseNamespace, node.Metadata.Name));
        var spec = new JsonObject
        {
            ["holderIdentity"] = node.Metadata.Name,
            ["leaseDurationSeconds"] = LeaseSeconds,
            ["renewTime"] = time.GetUtcNow().UtcDateTime.ToString(
            "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture),
        };
        var result = await writer.PatchAsync(target, new JsonObject { ["spec"] = spec }, cancel);
        if (result is not StepResult.GoneResult and not StepResult.RejectedResult)
            return result;
        var body = new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["labels"] = new JsonObject { [LabKeys.MadeLabel] = LabKeys.MadeValue },
                ["ownerReferences"] = new JsonArray(new JsonObject
                {
                    ["apiVersion"] = "v1", ["kind"] = "Node", ["name"] = node.Metadata.Name,
                        ["uid"] = node.Metadata.Uid,
                }),
            },
            ["spec"] = spec.DeepClone(),
        };
        result = await writer.ApplyAsync(target, body, cancel);
        if (result is not StepResult.RejectedResult and not StepResult.GoneResult)
            return result;
        // A bare API server has no kube-node-lease; the next beat finds it.
        var space = new WriteTarget(KubeKinds.Namespaces.Resource, new ObjectKey("", LabKeys.LeaseNamespace));
        return await writer.ApplyAsync(space, [], cancel);
    }

    private bool StatusIsDue(NodeObject node) =>
        !node.Status.Conditions.Any(c => c is { Type: "Ready", Status: "True" })
        || !reported.TryGetValue(node.Metadata.Uid, out var last)
        || time.GetUtcNow() - last >= StatusEvery;

    private async Task<StepResult> ReportAsync(NodeObject node, CancellationToken cancel)
    {
        var now = ContainerReport.Time(time.GetUtcNow());
        var ready = new JsonObject
        {
            ["type"] = "Ready",
            ["status"] = "True",
            ["reason"] = "KubeletReady",
            ["message"] = "the lab's node runtime is up",
            ["lastHeartbeatTime"] = now,
        };
        var was = node.Status.Conditions.FirstOrDefault(c => c.Type == "Ready");
        ready["lastTransitionTime"] = was is { Status: "True", LastTransitionTime: { } since }
            ? ContainerReport.Time(since) : now;
        var status = new JsonObject
        {
            ["conditions"] = new JsonArray(ready),
            ["addresses"] = new JsonArray(
                new JsonObject { ["type"] = "InternalIP", ["address"] = "127.0.0.1" },
                new JsonObject { ["type"] = "Hostname", ["address"] = node.Metadata.Name }),
        };
        if (kubeletPort > 0)
            status["daemonEndpoints"] = new JsonObject
                { ["kubeletEndpoint"] = new JsonObject { ["Port"] = kubeletPort } };
        var target = new WriteTarget(KubeKinds.Nodes.Resource, node.Metadata.Key(), "status");
        var result = await writer.PatchAsync(target, new JsonObject { ["status"] = status }, cancel);
        if (result is StepResult.DoneResult)
            reported[node.Metadata.Uid] = time.GetUtcNow();
        return result;
    }
}
