using System.Text.Json;
using Bridge.ApiServer.Meta;
using Bridge.ApiServer.Store;
using Microsoft.AspNetCore.Http;

namespace Bridge.ApiServer.Serving;

/// <summary>Answers a list, whole or by pages of one snapshot.</summary>
internal sealed class ListAnswer<T>(ResourceKind<T> kind, ObjectStore<T> store)
    where T : struct
{
    private const int FlushAtBytes = 64 * 1024;

    public Task WriteAsync(HttpContext context, string ns, ListOptions<T> options, ObjectWriter<T> writer)
    {
        if (FindSnapshot(options, out var failure) is not { } snapshot)
            return Replies.WriteAsync(context, failure!);
        var after = options.Continue?.After;
        var page = Select(snapshot.In(ns, after, options.Fields.Required), options, out var more);
        var meta = new ServedListMeta { ResourceVersion = ResourceVersion.Format(snapshot.Revision) };
        if (more)
        {
            store.Keep(snapshot);
            meta = meta with
            {
                Continue = new ContinueToken(snapshot.Revision, page[^1].Key).ToString(),
                RemainingItemCount = options.Selects ? null : snapshot.Count(ns, after) - page.Count,
            };
        }
        return WritePageAsync(context, page, meta, writer);
    }

    private StoreSnapshot<T>? FindSnapshot(ListOptions<T> options, out Failure? failure)
    {
        failure = null;
        var current = store.Current;
        if (options.Continue is { } token)
        {
            var kept = token.Revision == 0 ? current : store.At(token.Revision);
            if (kept is null)
                failure = Failures.Expired(LostPage, new ContinueToken(0, token.After).ToString());
            return kept;
        }
        if (options.ResourceVersion is not { } wanted || wanted == 0)
            return current;
        var recent = store.Read(wanted, []) is null ? null : current;
        var found = options.Match is VersionMatch.Exact ? store.At(wanted) : recent;
        if (found is null)
            failure = Failures.Expired(
                $"resource version {wanted} of {kind.Names.Plural} is not kept (now {current.Revision}): "
                + "list without one");
        return found;
    }

    private List<StoredObject<T>> Select(
        IEnumerable<StoredObject<T>> candidates, ListOptions<T> options, out bool more)
    {
        var page = new List<StoredObject<T>>();
        more = false;
        foreach (var stored in candidates)
        {
            if (!options.Labels.Matches(stored, kind.LabelOf) || !options.Fields.Matches(stored))
                continue;
            more = options.Limit > 0 && page.Count == options.Limit;
            if (more)
                break;
            page.Add(stored);
        }
        return page;
    }

    private static async Task WritePageAsync(
        HttpContext context, List<StoredObject<T>> page, ServedListMeta meta, ObjectWriter<T> writer)
    {
        context.Response.ContentType = Replies.JsonType;
        var body = context.Response.BodyWriter;
        await using var json = new Utf8JsonWriter(body);
        writer.StartList(json, meta);
        foreach (var stored in page)
        {
            writer.WriteItem(json, stored);
            if (json.BytesPending + body.UnflushedBytes < FlushAtBytes)
                continue;
            await json.FlushAsync(context.RequestAborted);
            await body.FlushAsync(context.RequestAborted);
        }
        ObjectWriter<T>.EndList(json);
    }

    private const string LostPage =
        "The provided continue parameter is too old to display a consistent list result. You can start a new list "
        + "without the continue parameter, or use the continue token in this response to retrieve the remainder of "
        + "the results, which then may miss or repeat objects that changed meanwhile.";
}
