using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Bridge.Control;
using Bridge.Core.Names;
using Bridge.Kube.Client;
using Bridge.Kube.Models;
using k8s;

namespace Bridge.Kube.Writes;

/// <summary>One object, or its subresource such as status, that a write is about.</summary>
/// <param name="Resource">Its kind.</param>
/// <param name="Key">Its name.</param>
/// <param name="Subresource">Such as status; else empty.</param>
/// <param name="Concern">
/// Of several concerns that apply to one object each its own word, such as a condition's type: what one field manager
/// applied before and does not repeat is erased, its neighbour's too.
/// </param>
public sealed record WriteTarget(KubeResource Resource, ObjectKey Key, string Subresource = "", string Concern = "")
{
    public string Path => Resource.Path(Key, Subresource);

    internal string Manager => Uri.EscapeDataString(
        Concern.Length == 0 ? WellKnown.FieldManager : $"{WellKnown.FieldManager}-{Concern}");
}

/// <summary>
/// Writes under Bridge's field managers. Each write comes back as one of the five results; none is retried here. Bodies
/// are fragments with only the fields that Bridge owns, never an object that was read sent back whole.
/// </summary>
public sealed class KubeWriter(KubeClient client)
{
    private readonly ConcurrentDictionary<WriteTarget, Applied> applied = new();

    /// <summary>
    /// Server-side apply (application/apply-patch+yaml). Skipped when the last apply said the same and the object is
    /// provably as that apply left it. The object is created if it is absent, except through a subresource.
    /// </summary>
    /// <param name="target">Object or subresource.</param>
    /// <param name="desired">Every field that Bridge wants to own; what was owned before and is not here any more goes
    /// away.</param>
    /// <param name="force">Take fields over from other managers; without it, theirs give Conflict.</param>
    /// <param name="observedVersion">resourceVersion at which the caller sees the object; "" when it does not.</param>
    /// <param name="cancel">Cancels.</param>
    public async Task<StepResult> ApplyAsync(
        WriteTarget target, JsonObject desired, bool force, string observedVersion, CancellationToken cancel)
    {
        desired["apiVersion"] = target.Resource.ApiVersion;
        desired["kind"] = target.Resource.Kind;
        var meta = desired["metadata"] as JsonObject ?? [];
        desired["metadata"] = meta;
        meta["name"] = target.Key.Name;
        if (target.Resource.Namespaced)
            meta["namespace"] = target.Key.Namespace;
        var body = Bytes(desired);
        var hash = Convert.ToHexString(SHA256.HashData(body.Span));
        if (observedVersion.Length > 0 && applied.TryGetValue(target, out var last)
            && last == new Applied(hash, observedVersion))
            return StepResult.Done;
        var query = $"fieldManager={target.Manager}&force={(force ? "true" : "false")}";
        var request = new KubeRequest(HttpMethod.Patch, $"{target.Path}?{query}")
        {
            Body = body,
            ContentType = "application/apply-patch+yaml",
        };
        var (result, written) = await SendAsync(request, target, cancel);
        if (written is { Metadata.ResourceVersion: { Length: > 0 } version })
            applied[target] = new Applied(hash, version);
        else
            applied.TryRemove(target, out _);
        return result;
    }

    /// <summary>JSON merge patch (RFC 7396). With a version, an object that has moved on gives Conflict.</summary>
    public async Task<StepResult> MergeAsync(
        WriteTarget target, JsonObject patch, string expectedVersion, CancellationToken cancel)
    {
        if (expectedVersion.Length > 0)
        {
            var meta = patch["metadata"] as JsonObject ?? [];
            patch["metadata"] = meta;
            meta["resourceVersion"] = expectedVersion;
        }
        var request = new KubeRequest(HttpMethod.Patch, $"{target.Path}?fieldManager={target.Manager}")
        {
            Body = Bytes(patch),
            ContentType = "application/merge-patch+json",
        };
        return (await SendAsync(request, target, cancel)).Result;
    }

    /// <summary>
    /// JSON patch (RFC 6902), for what depends on a few fields of an object whose version moves by itself: one whose
    /// tests do not hold gives Conflict.
    /// </summary>
    public async Task<StepResult> PatchAsync(WriteTarget target, JsonArray operations, CancellationToken cancel)
    {
        var request = new KubeRequest(HttpMethod.Patch, $"{target.Path}?fieldManager={target.Manager}")
        {
            Body = Bytes(operations),
            ContentType = "application/json-patch+json",
        };
        var (result, _) = await SendAsync(
            request, target, cancel, failure => failure is { FromApi: true, Code: 422 }
                ? StepResult.Conflict($"{target.Path} is not as the plan saw it: {failure.Message}")
                : WriteFailure.ToResult(failure));
        return result;
    }

    /// <summary>
    /// Creates the object by a typed call, which names <see cref="WellKnown.FieldManager"/>; one of that name that
    /// exists already gives Conflict.
    /// </summary>
    public async Task<StepResult> CreateAsync<T>(
        T body, Func<IKubernetes, CancellationToken, Task<T>> create, CancellationToken cancel)
        where T : IKubernetesObject
    {
        try
        {
            var answer = await client.CallAsync(create, cancel);
            return answer.Kind == body.Kind ? StepResult.Done : NoObject(answer.Kind, body.Kind);
        }
        catch (KubeException e)
        {
            return WriteFailure.ToResult(e.Failure);
        }
    }

    /// <summary>
    /// Deletes the object; only the one with this uid, and at this version unless that is "". Another one gives
    /// Conflict.
    /// </summary>
    public async Task<StepResult> DeleteAsync(
        WriteTarget target, string uid, string expectedVersion, CancellationToken cancel)
    {
        var preconditions = new JsonObject { ["uid"] = uid };
        if (expectedVersion.Length > 0)
            preconditions["resourceVersion"] = expectedVersion;
        var options = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "DeleteOptions",
            ["propagationPolicy"] = "Background",
            ["preconditions"] = preconditions,
        };
        var request = new KubeRequest(HttpMethod.Delete, target.Path)
            { Body = Bytes(options), ContentType = "application/json" };
        return (await SendAsync(request, target, cancel)).Result;
    }

    internal static ReadOnlyMemory<byte> Bytes(JsonNode body)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
            body.WriteTo(writer);
        return stream.ToArray();
    }

    private async Task<(StepResult Result, PartialObject? Written)> SendAsync(
        KubeRequest request, WriteTarget target, CancellationToken cancel, Func<KubeFailure, StepResult>? failed = null)
    {
        try
        {
            var answer = await client.SendAsync(request, CoreJson.Default.PartialObject, cancel);
            // A delete may be answered with a Status of its own; anything else must be the object itself.
            var fits = answer.Kind == target.Resource.Kind
                || (request.Method == HttpMethod.Delete && answer.Kind == "Status");
            return fits
                ? (StepResult.Done, answer)
                : (NoObject(answer.Kind, target.Resource.Kind), null);
        }
        catch (KubeException e)
        {
            return ((failed ?? WriteFailure.ToResult)(e.Failure), null);
        }
    }

    private static StepResult NoObject(string answered, string expected) =>
        StepResult.Unavailable($"the API server answered with '{answered}' instead of a {expected}");

    /// <summary>What the last apply sent, and the version that it made.</summary>
    private sealed record Applied(string Hash, string Version);
}
