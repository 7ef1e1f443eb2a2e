using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;

namespace Bridge.Adapter.Tests.KubeFake;

/// <summary>The open watches, and what a test can do to them.</summary>
internal sealed class FakeWatches(FakeStore store)
{
    private readonly ConcurrentDictionary<OpenWatch, bool> open = [];

    /// <summary>Answer streaming lists with 422, as a server with WatchList off does.</summary>
    public bool RefuseStreamingLists { get; set; }

    /// <summary>
    /// Tell a version that is too old in the stream (200, then an ERROR event) instead of by HTTP 410.
    /// </summary>
    public bool ExpireInStream { get; set; }

    /// <summary>Send every event twice.</summary>
    public bool Duplicate { get; set; }

    public int Open(string plural) => open.Keys.Count(w => w.Path.Resource.Plural == plural);

    /// <summary>Resets the connections of all watches.</summary>
    public void CutAll() => Tell(new Command(Cut: true));

    /// <summary>Ends all watches in order, as the server does when timeoutSeconds is over.</summary>
    public void EndAll() => Tell(new Command(End: true));

    /// <summary>Writes bytes as they are into the watches of one kind.</summary>
    public void Write(string plural, string text) => Tell(new Command(Text: text), plural);

    /// <summary>Sends a bookmark at the newest version.</summary>
    public void Bookmark(string plural) => Tell(new Command(Bookmark: true), plural);

    public async Task ServeAsync(HttpContext http, FakePath path, FakeSelector selector)
    {
        var streamingList = http.Request.Query["sendInitialEvents"] == "true";
        if (streamingList && RefuseStreamingLists)
        {
            await FakeAnswer.StatusAsync(
                http, 422, "Invalid", "sendInitialEvents: Forbidden: the WatchList feature gate is off");
            return;
        }
        var watch = new OpenWatch(path, selector, Channel.CreateUnbounded<Command>());
        long? from = streamingList ? null
            : long.Parse(http.Request.Query["resourceVersion"].ToString(), CultureInfo.InvariantCulture);
        if (from is { } old && TooOld(old) && !ExpireInStream)
        {
            await FakeAnswer.StatusAsync(http, 410, "Expired", "too old resource version");
            return;
        }
        open[watch] = true;
        try
        {
            http.Response.ContentType = "application/json";
            // As a real server: the head goes at once, also when nothing follows for long.
            await http.Response.StartAsync(http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
            await StreamAsync(http, watch, from);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The client went away.
        }
        finally
        {
            open.TryRemove(watch, out _);
        }
    }

    private bool TooOld(long version)
    {
        lock (store.Gate)
            return store.Since(version) is null;
    }

    private void Tell(Command command, string? plural = null)
    {
        foreach (var watch in open.Keys.Where(w => plural is null || w.Path.Resource.Plural == plural))
            watch.Commands.Writer.TryWrite(command);
    }

    private async Task StreamAsync(HttpContext http, OpenWatch watch, long? from)
    {
        var at = from ?? await InitialAsync(http, watch);
        while (true)
        {
            List<FakeChange>? changes;
            Task next;
            lock (store.Gate)
            {
                changes = store.Since(at);
                next = store.NextChange;
            }
            if (changes is null)
            {
                await LineAsync(http, "ERROR", FakeAnswer.Status(410, "Expired", "too old resource version"));
                return;
            }
            foreach (var change in changes)
                await SendAsync(http, watch, change);
            at = changes is [.., var last] ? last.Version : at;
            var told = watch.Commands.Reader.WaitToReadAsync(http.RequestAborted).AsTask();
            await Task.WhenAny(next, told);
            while (watch.Commands.Reader.TryRead(out var command))
            {
                if (await ObeyAsync(http, command))
                    return;
            }
            http.RequestAborted.ThrowIfCancellationRequested();
        }
    }

    private async Task<long> InitialAsync(HttpContext http, OpenWatch watch)
    {
        List<JsonObject> all;
        long version;
        lock (store.Gate)
        {
            all = store.All(watch.Path.Resource, watch.Path.Namespace).FindAll(watch.Selector.Matches);
            version = store.Version;
        }
        foreach (var item in all)
            await LineAsync(http, "ADDED", item);
        var mark = Mark(version);
        mark["metadata"]!["annotations"] = new JsonObject { ["k8s.io/initial-events-end"] = "true" };
        await LineAsync(http, "BOOKMARK", mark);
        return version;
    }

    private async Task SendAsync(HttpContext http, OpenWatch watch, FakeChange change)
    {
        var path = watch.Path;
        if (change.Resource != path.Resource || (path.Namespace.Length > 0 && change.Key.Namespace != path.Namespace))
            return;
        var before = change.Before is { } b && watch.Selector.Matches(b);
        var after = change.After is { } a && watch.Selector.Matches(a);
        var type = (before, after) switch
            { (false, true) => "ADDED", (true, true) => "MODIFIED", (true, false) => "DELETED", _ => "" };
        for (var times = Duplicate ? 2 : 1; type.Length > 0 && times > 0; times--)
            await LineAsync(http, type, change.After ?? change.Before!);
    }

    /// <summary>True when the watch is over.</summary>
    private async Task<bool> ObeyAsync(HttpContext http, Command command)
    {
        if (command.Cut)
            http.Abort();
        if (command.Bookmark)
            await LineAsync(http, "BOOKMARK", Mark(store.Version));
        if (command.Text.Length > 0)
        {
            await http.Response.WriteAsync(command.Text, http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
        }
        return command.Cut || command.End;
    }

    private static JsonObject Mark(long version) =>
        new() { ["metadata"] = new JsonObject
            { ["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture) } };

    private static async Task LineAsync(HttpContext http, string type, JsonObject item)
    {
        var line = Encoding.UTF8.GetBytes($"{{\"type\":\"{type}\",\"object\":{item.ToJsonString()}}}\n");
        await http.Response.Body.WriteAsync(line, http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
    }

    private sealed record OpenWatch(FakePath Path, FakeSelector Selector, Channel<Command> Commands);

    private sealed record Command(bool Cut = false, bool End = false, bool Bookmark = false, string Text = "");
}
