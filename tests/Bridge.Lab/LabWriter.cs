using System.Text.Json;
using System.Text.Json.Nodes;
using Bridge.Control;
using Bridge.Kube.Client;
using Bridge.Kube.Writes;
using Bridge.Lab.Models;

namespace Bridge.Lab;

/// <summary>
/// What a scheduler, a kubelet and a GPU driver write, under the lab's own field manager. Conditions go as strategic
/// merge patches, as theirs do, because the list is shared with others. Each write comes back as one of the five
/// results.
/// </summary>
public sealed class LabWriter(KubeClient client)
{
    private const string Manager = "fieldManager=" + LabKeys.FieldManager;

    /// <summary>Server-side apply of a whole object or of its status; takes over fields that others hold.</summary>
    public Task<StepResult> ApplyAsync(WriteTarget target, JsonObject body, CancellationToken cancel)
    {
        body["apiVersion"] = target.Resource.ApiVersion;
        body["kind"] = target.Resource.Kind;
        var meta = body["metadata"] as JsonObject ?? [];
        body["metadata"] = meta;
        meta["name"] = target.Key.Name;
        if (target.Resource.Namespaced)
            meta["namespace"] = target.Key.Namespace;
        return SendAsync(
            HttpMethod.Patch, $"{target.Path}?{Manager}&force=true", "application/apply-patch+yaml", body, cancel);
    }

    /// <summary>Strategic merge patch, for built-in kinds only.</summary>
    public Task<StepResult> PatchAsync(WriteTarget target, JsonObject patch, CancellationToken cancel) =>
        SendAsync(HttpMethod.Patch, $"{target.Path}?{Manager}", "application/strategic-merge-patch+json", patch,
            cancel);

    /// <summary>JSON merge patch, which replaces lists; an object that is at another version gives Conflict.</summary>
    public Task<StepResult> MergeAsync(
        WriteTarget target, JsonObject patch, string expectedVersion, CancellationToken cancel)
    {
        var meta = patch["metadata"] as JsonObject ?? [];
        patch["metadata"] = meta;
        meta["resourceVersion"] = expectedVersion;
        return SendAsync(HttpMethod.Patch, $"{target.Path}?{Manager}", "application/merge-patch+json", patch, cancel);
    }

    /// <summary>Creates an object, or posts to a subresource of one, such as pods/binding.</summary>
    public Task<StepResult> PostAsync(string path, JsonObject body, CancellationToken cancel) =>
        SendAsync(HttpMethod.Post, $"{path}?{Manager}", "application/json", body, cancel);

    /// <summary>
    /// Deletes the object with this uid; with a grace of zero at once, as a kubelet does when a pod's processes are
    /// gone.
    /// </summary>
    public Task<StepResult> DeleteAsync(WriteTarget target, string uid, int? graceSeconds, CancellationToken cancel)
    {
        var options = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "DeleteOptions",
            ["preconditions"] = new JsonObject { ["uid"] = uid },
        };
        if (graceSeconds is { } seconds)
            options["gracePeriodSeconds"] = seconds;
        return SendAsync(HttpMethod.Delete, target.Path, "application/json", options, cancel);
    }

    /// <summary>
    /// Sends a whole object back, as it was read but for the changes; one that has moved on gives Conflict.
    /// </summary>
    public Task<StepResult> ReplaceAsync(WriteTarget target, JsonObject body, CancellationToken cancel) =>
        SendAsync(HttpMethod.Put, $"{target.Path}?{Manager}", "application/json", body, cancel);

    /// <summary>Deletes every object of a collection that carries the lab's label.</summary>
    public Task<StepResult> DeleteMadeAsync(string collection, CancellationToken cancel) =>
        SendAsync(
            HttpMethod.Delete, $"{collection}?labelSelector={Uri.EscapeDataString(LabKeys.MadeSelector)}",
            "application/json",
            new JsonObject { ["apiVersion"] = "v1", ["kind"] = "DeleteOptions" }, cancel);

    private async Task<StepResult> SendAsync(
        HttpMethod method, string path, string contentType, JsonObject body, CancellationToken cancel)
    {
        using var stream = new MemoryStream();
        await using (var json = new Utf8JsonWriter(stream))
            body.WriteTo(json);
        try
        {
            var request = new KubeRequest(method, path) { Body = stream.ToArray(), ContentType = contentType };
            await client.SendAsync(request, LabJson.Default.PartialObject, cancel);
            return StepResult.Done;
        }
        catch (KubeException e)
        {
            return WriteFailure.ToResult(e.Failure);
        }
    }
}
