using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Bridge.Adapter.Tests.KubeFake;

/// <summary>GET of one object, of lists in pages, and the opening of watches.</summary>
internal sealed class FakeReads(FakeStore store)
{
    public FakeWatches Watches { get; } = new(store);

    public Task ServeAsync(HttpContext http, FakePath path)
    {
        if (path.Name.Length > 0)
            return OneAsync(http, path);
        var query = http.Request.Query;
        var selector = new FakeSelector(query["labelSelector"].ToString(), query["fieldSelector"].ToString());
        return query["watch"] == "1" ? Watches.ServeAsync(http, path, selector) : ListAsync(http, path, selector);
    }

    private Task OneAsync(HttpContext http, FakePath path)
    {
        JsonObject? found;
        lock (store.Gate)
            found = store.Find(path.Resource, path.Key);
        return found is null
            ? FakeAnswer.StatusAsync(
                http, 404, "NotFound", $"{path.Resource.Plural} \"{path.Name}\" not found", path.Resource.Plural)
            : FakeAnswer.JsonAsync(http, 200, found);
    }

    // A continue token is VERSION:COUNT; the fake's pages follow the present objects, not a snapshot.
    private Task ListAsync(HttpContext http, FakePath path, FakeSelector selector)
    {
        var limit = int.TryParse(http.Request.Query["limit"], out var l) ? l : int.MaxValue;
        var token = http.Request.Query["continue"].ToString().Split(':');
        var skip = token.Length == 2 ? int.Parse(token[1], CultureInfo.InvariantCulture) : 0;
        JsonObject? page = null;
        lock (store.Gate)
        {
            var version = token.Length == 2 ? long.Parse(token[0], CultureInfo.InvariantCulture) : store.Version;
            if (store.Since(version) is not null)
                page = Page(path, version, store.All(path.Resource, path.Namespace).FindAll(selector.Matches), skip,
                    limit);
        }
        return page is null
            ? FakeAnswer.StatusAsync(http, 410, "Expired", "The provided continue parameter is too old")
            : FakeAnswer.JsonAsync(http, 200, page);
    }

    private static JsonObject Page(FakePath path, long version, List<JsonObject> all, int skip, int limit)
    {
        var shown = all.Skip(skip).Take(limit).ToList();
        var left = all.Count - skip - shown.Count;
        var meta = new JsonObject { ["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture) };
        if (left > 0)
        {
            meta["continue"] = $"{version}:{skip + shown.Count}";
            meta["remainingItemCount"] = left;
        }
        return new JsonObject
        {
            ["kind"] = path.Resource.Kind + "List",
            ["apiVersion"] = path.Resource.ApiVersion,
            ["metadata"] = meta,
            ["items"] = new JsonArray([.. shown.Select(s => s.DeepClone())]),
        };
    }
}
