using System.Text.Json.Nodes;
using Bridge.Control;
using Bridge.Core.Names;
using Bridge.Kube.Client;
using Bridge.Kube.Models;
using Bridge.Kube.Writes;
using Bridge.Lab.Models;

namespace Bridge.Lab.Fixtures;

/// <summary>Makes fake GPU nodes, changes their GPUs as a driver would, and takes everything away again.</summary>
public sealed class LabFixtures(KubeClient client, TimeProvider time)
{
    private static readonly KubeResource[] Made =
    [
        KubeKinds.ResourceSlices.Resource, LabKinds.DeviceClasses.Resource, KubeKinds.Nodes.Resource,
    ];

    private readonly LabWriter writer = new(client);

    /// <summary>Creates the nodes or brings them back to what the fixture says; cordons and taints stay.</summary>
    /// <returns>Done, or the first thing that failed.</returns>
    public async Task<StepResult> ApplyAsync(IReadOnlyCollection<NodeFixture> nodes, CancellationToken cancel)
    {
        foreach (var node in nodes)
            if (await IsOthersAsync(new ObjectKey("", node.Name), cancel))
                return StepResult.Rejected($"the cluster has a node {node.Name} that the lab did not make");
        foreach (var type in (string[])["gpu", "mig"])
        {
            // One that is there already is the driver's own and stays as it is.
            var result = await writer.PostAsync(
                LabKinds.DeviceClasses.Resource.Collection(), NodeFixture.DeviceClass(type), cancel);
            if (result is not StepResult.DoneResult and not StepResult.ConflictResult)
                return result;
        }
        foreach (var node in nodes)
        {
            var key = new ObjectKey("", node.Name);
            StepResult[] results =
            [
                await writer.ApplyAsync(new WriteTarget(KubeKinds.Nodes.Resource, key), node.Node(), cancel),
                await writer.PatchAsync(
                    new WriteTarget(KubeKinds.Nodes.Resource, key, "status"), node.NodeStatus(time.GetUtcNow()),
                    cancel),
                await writer.ApplyAsync(
                    new WriteTarget(KubeKinds.ResourceSlices.Resource, new ObjectKey("", node.SliceName)), node.Slice(),
                    cancel),
            ];
            if (results.FirstOrDefault(r => r is not StepResult.DoneResult) is { } failed)
                return failed;
        }
        return StepResult.Done;
    }

    /// <summary>Puts a taint on a device, as a driver does that sees it ail.</summary>
    public Task<StepResult> TaintAsync(string node, string device, ObjectTaint taint, CancellationToken cancel) =>
        ChangeDeviceAsync(node, device, body =>
        {
            var taints = Without(body["taints"] as JsonArray, taint.Key);
            taints.Add((JsonNode)new JsonObject
            {
                ["key"] = taint.Key, ["value"] = taint.Value, ["effect"] = taint.Effect,
                ["timeAdded"] = Nodes.ContainerReport.Time(time.GetUtcNow()),
            });
            body["taints"] = taints;
            return true;
        }, cancel);

    /// <summary>Takes the taints with the key off a device.</summary>
    public Task<StepResult> UntaintAsync(string node, string device, string key, CancellationToken cancel) =>
        ChangeDeviceAsync(node, device, body =>
        {
            body["taints"] = Without(body["taints"] as JsonArray, key);
            return true;
        }, cancel);

    /// <summary>Takes a device out of its pool, as drivers did before taints (25.12 and older).</summary>
    public Task<StepResult> RemoveAsync(string node, string device, CancellationToken cancel) =>
        ChangeDeviceAsync(node, device, _ => false, cancel);

    /// <summary>Deletes every object that carries the lab's label.</summary>
    public async Task<StepResult> CleanAsync(CancellationToken cancel)
    {
        string[] collections =
            [.. Made.Select(r => r.Collection()), KubeKinds.Leases.Collection(LabKeys.LeaseNamespace)];
        foreach (var collection in collections)
        {
            var result = await writer.DeleteMadeAsync(collection, cancel);
            if (result is not StepResult.DoneResult and not StepResult.GoneResult)
                return result;
        }
        return StepResult.Done;
    }

    private async Task<bool> IsOthersAsync(ObjectKey node, CancellationToken cancel)
    {
        try
        {
            var found = await client.GetAsync(LabKinds.Nodes, node, cancel);
            return !found.Metadata.Labels.ContainsKey(LabKeys.MadeLabel);
        }
        catch (KubeException e) when (e.Failure.Code == 404)
        {
            return false;
        }
    }

    private async Task<StepResult> ChangeDeviceAsync(
        string node, string device, Func<JsonObject, bool> keep, CancellationToken cancel)
    {
        try
        {
            var slices = await PoolAsync(node, cancel);
            var found = slices.SelectMany(s => Devices(s).OfType<JsonObject>())
                .FirstOrDefault(d => (string?)d["name"] == device);
            if (found is null)
                return StepResult.Rejected($"node {node} has no device {device} of driver {WellKnown.NvidiaDriver}");
            if (!keep(found))
                ((JsonArray)found.Parent!).Remove(found);
            return await WriteAsync(slices, cancel);
        }
        catch (KubeException e)
        {
            return WriteFailure.ToResult(e.Failure);
        }
    }

    /// <summary>
    /// Every slice of the pool goes to the next generation; between two of them the pool is incomplete, as in life.
    /// </summary>
    private async Task<StepResult> WriteAsync(List<JsonObject> slices, CancellationToken cancel)
    {
        var generation = slices.Max(s => (long)s["spec"]!["pool"]!["generation"]!) + 1;
        foreach (var slice in slices)
        {
            slice["spec"]!["pool"]!["generation"] = generation;
            var target = new WriteTarget(
                KubeKinds.ResourceSlices.Resource, new ObjectKey("", (string)slice["metadata"]!["name"]!));
            var result = await writer.ReplaceAsync(target, slice, cancel);
            if (result is not StepResult.DoneResult)
                return result;
        }
        return StepResult.Done;
    }

    /// <summary>The slices as they are, whole: a slim record sent back would lose fields.</summary>
    private async Task<List<JsonObject>> PoolAsync(string node, CancellationToken cancel)
    {
        var selector = Uri.EscapeDataString($"spec.nodeName={node},spec.driver={WellKnown.NvidiaDriver}");
        var path = $"{KubeKinds.ResourceSlices.Resource.Collection()}?fieldSelector={selector}";
        var list = await client.SendAsync(new KubeRequest(HttpMethod.Get, path), LabJson.Default.JsonObject, cancel);
        return [.. (list["items"] as JsonArray ?? []).OfType<JsonObject>()
            .Where(s => (string?)s["spec"]?["nodeName"] == node
                && (string?)s["spec"]?["driver"] == WellKnown.NvidiaDriver)];
    }

    private static JsonArray Devices(JsonObject slice) => slice["spec"]?["devices"] as JsonArray ?? [];

    private static JsonArray Without(JsonArray? taints, string key) =>
        new([.. (taints ?? []).Where(t => (string?)t?["key"] != key).Select(t => t?.DeepClone())]);
}
