using System.Globalization;
using System.Text.Json.Nodes;
using Bridge.Kube.Models;

namespace Bridge.Adapter.Tests.KubeFake;

/// <summary>One change in the fake's history. Before is null for a creation, After for a deletion.</summary>
internal sealed record FakeChange(
    long Version, KubeResource Resource, ObjectKey Key, JsonObject? Before, JsonObject? After);

/// <summary>
/// Objects with one version counter over all kinds, as etcd has, and the history that watches replay.
/// </summary>
internal sealed class FakeStore
{
    private readonly Dictionary<(KubeResource, ObjectKey), JsonObject> objects = [];
    private readonly List<FakeChange> history = [];
    private long version = 100;
    private long compacted = 100;
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Lock Gate { get; } = new();

    public long Version => version;

    /// <summary>Done at the next change.</summary>
    public Task NextChange => changed.Task;

    public JsonObject? Find(KubeResource resource, ObjectKey key) => objects.GetValueOrDefault((resource, key));

    public List<JsonObject> All(KubeResource resource, string inNamespace) =>
    [
        .. objects.Where(
        o => o.Key.Item1 == resource && (inNamespace.Length == 0 || o.Key.Item2.Namespace == inNamespace))
            .OrderBy(o => o.Key.Item2).Select(o => o.Value),
    ];

    /// <summary>What happened after a version; null when that is forgotten.</summary>
    public List<FakeChange>? Since(long version) =>
        version < compacted ? null : [.. history.Where(c => c.Version > version)];

    /// <summary>When objects are made that do not say it themselves.</summary>
    public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Forgets the history: older versions can be neither watched nor paged from.</summary>
    public void Compact()
    {
        lock (Gate)
        {
            version++;
            compacted = version;
            history.Clear();
        }
    }

    /// <summary>Stores an object, new or changed, at a new version, and tells the watches.</summary>
    public JsonObject Put(KubeResource resource, ObjectKey key, JsonObject item)
    {
        lock (Gate)
        {
            var before = Find(resource, key);
            var meta = (JsonObject)(item["metadata"] ??= new JsonObject());
            item["apiVersion"] = resource.ApiVersion;
            item["kind"] = resource.Kind;
            meta["name"] = key.Name;
            if (key.Namespace.Length > 0)
                meta["namespace"] = key.Namespace;
            meta["uid"] ??= before?["metadata"]?["uid"]?.DeepClone() ?? Guid.NewGuid().ToString();
            meta["creationTimestamp"] ??= before?["metadata"]?["creationTimestamp"]?.DeepClone()
                ?? Now.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            meta["resourceVersion"] = (++version).ToString(CultureInfo.InvariantCulture);
            objects[(resource, key)] = item;
            Record(new FakeChange(version, resource, key, before, item));
            return item;
        }
    }

    public void Remove(KubeResource resource, ObjectKey key)
    {
        lock (Gate)
        {
            if (!objects.Remove((resource, key), out var before))
                return;
            var last = (JsonObject)before.DeepClone();
            last["metadata"]!["resourceVersion"] = (++version).ToString(CultureInfo.InvariantCulture);
            Record(new FakeChange(version, resource, key, last, null));
        }
    }

    /// <summary>Removes without telling anybody: what a watch misses while it is away.</summary>
    public void Vanish(KubeResource resource, ObjectKey key)
    {
        lock (Gate)
        {
            objects.Remove((resource, key));
            version++;
        }
    }

    private void Record(FakeChange change)
    {
        history.Add(change);
        var told = changed;
        changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        told.SetResult();
    }
}
