using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Bridge.Adapter.Tests.KubeFake;

/// <summary>
/// POST, PUT, PATCH and DELETE. An apply is played as a merge (lists replaced): who owns which field is for the real
/// API machinery to say.
/// </summary>
internal sealed class FakeWrites(FakeStore store)
{
    public async Task ServeAsync(HttpContext http, FakePath path)
    {
        using var reader = new StreamReader(http.Request.Body);
        var body = await reader.ReadToEndAsync(http.RequestAborted) is { Length: > 0 } text
            ? (JsonObject)JsonNode.Parse(text)! : [];
        var (code, answer) = Decide(http.Request.Method, http.Request.ContentType ?? "", path, body);
        await FakeAnswer.JsonAsync(http, code, answer);
    }

    private (int Code, JsonObject Answer) Decide(string method, string contentType, FakePath path, JsonObject body)
    {
        lock (store.Gate)
        {
            if (method == "POST")
                return Create(path, body);
            var found = store.Find(path.Resource, path.Key);
            var apply = contentType.StartsWith("application/apply-patch", StringComparison.Ordinal);
            if (found is null && apply && path.Subresource.Length == 0)
                return (201, Copy(store.Put(path.Resource, path.Key, body)));
            if (found is null)
                return Refuse(404, "NotFound", $"{path.Resource.Plural} \"{path.Name}\" not found", path);
            if (method == "DELETE")
                return Delete(path, found, body["preconditions"] as JsonObject ?? []);
            if (Stale(found, body["metadata"] as JsonObject))
                return Refuse(
                    409, "Conflict", "the object has been modified; please apply your changes to the latest version",
                    path);
            var next = method == "PUT" ? body : Merge(Copy(found), body);
            (next["metadata"] as JsonObject)?.Remove("resourceVersion");
            if (JsonNode.DeepEquals(Bare(next), Bare(found)))
                return (200, Copy(found));
            return (200, Finish(path, next));
        }
    }

    private (int Code, JsonObject Answer) Create(FakePath path, JsonObject body)
    {
        var key = path.Key with { Name = (string)body["metadata"]!["name"]! };
        return store.Find(path.Resource, key) is null
            ? (201, Copy(store.Put(path.Resource, key, body)))
            : Refuse(409, "AlreadyExists", $"{path.Resource.Plural} \"{key.Name}\" already exists", path);
    }

    private (int Code, JsonObject Answer) Delete(FakePath path, JsonObject found, JsonObject preconditions)
    {
        var meta = found["metadata"]!;
        foreach (var field in (string[])["uid", "resourceVersion"])
        {
            if ((string?)preconditions[field] is { } expected && expected != (string?)meta[field])
                return Refuse(
                    409, "Conflict",
                    $"Precondition failed: {field} in precondition: {expected}, in object meta: {meta[field]}", path);
        }
        if (meta["finalizers"] is not JsonArray { Count: > 0 })
        {
            store.Remove(path.Resource, path.Key);
            return (200, Copy(found));
        }
        var ending = Copy(found);
        ending["metadata"]!["deletionTimestamp"] ??= "2026-01-01T00:00:01Z";
        return (200, Copy(store.Put(path.Resource, path.Key, ending)));
    }

    private JsonObject Finish(FakePath path, JsonObject next)
    {
        var stored = Copy(store.Put(path.Resource, path.Key, next));
        if (stored["metadata"]!["deletionTimestamp"] is not null && stored["metadata"]!["finalizers"] is not JsonArray
            { Count: > 0 })
            store.Remove(path.Resource, path.Key);
        return stored;
    }

    private static bool Stale(JsonObject found, JsonObject? sent) =>
        (string?)sent?["resourceVersion"] is { Length: > 0 } version
            && version != (string?)found["metadata"]!["resourceVersion"];

    /// <summary>RFC 7396.</summary>
    private static JsonObject Merge(JsonObject target, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            if (value is null)
                target.Remove(name);
            else if (value is JsonObject inner)
                target[name] = Merge(target[name] as JsonObject is { } old ? Copy(old) : [], inner);
            else
                target[name] = value.DeepClone();
        }
        return target;
    }

    private static JsonObject Bare(JsonObject item)
    {
        var bare = Copy(item);
        (bare["metadata"] as JsonObject)?.Remove("resourceVersion");
        return bare;
    }

    private static JsonObject Copy(JsonObject item) => (JsonObject)item.DeepClone();

    private static (int Code, JsonObject Answer) Refuse(int code, string reason, string message, FakePath path) =>
        (code, FakeAnswer.Status(code, reason, message, path.Resource.Plural));
}
