using System.Text.Json;
using Bridge.ApiServer.Store;
using Microsoft.AspNetCore.Http;

namespace Bridge.ApiServer.Serving;

/// <summary>One running watch: a position in the store's events, and a client that reads at its own speed.</summary>
internal sealed class WatchStream<T>(
    HttpContext context, ResourceKind<T> kind, ObjectStore<T> store, ObjectWriter<T> writer, ServingSettings settings)
    : IDisposable
    where T : struct
{
    private const int EventsPerFlush = 128;
    private static readonly TimeSpan LongestFlush = TimeSpan.FromMinutes(1);

    private readonly StoreEvent<T>[] batch = new StoreEvent<T>[EventsPerFlush];

    private readonly Utf8JsonWriter json =
        new(context.Response.BodyWriter, new JsonWriterOptions { SkipValidation = true });

    /// <summary>Empty for all.</summary>
    public required string Namespace { get; init; }

    public required ListOptions<T> Options { get; init; }

    /// <summary>The last revision that the client has been told of.</summary>
    public required ulong Position { get; set; }

    /// <summary>
    /// Runs until the timeout. Returns by how many changes the client was too slow, 0 when it was not.
    /// </summary>
    public async Task<ulong> RunAsync(StoreSnapshot<T>? initial, CancellationToken cancel)
    {
        context.Response.ContentType = Replies.JsonType;
        var end = Task.Delay(Options.Timeout ?? settings.WatchTimeout, settings.Time, cancel);
        var bookmark = Task.Delay(settings.BookmarkEvery, settings.Time, cancel);
        await context.Response.StartAsync(cancel);
        if (initial is not null)
            await WriteInitialAsync(initial, cancel);
        await FlushAsync(cancel);
        while (!end.IsCompleted)
        {
            if (store.Read(Position, batch) is not { } count)
                return await CutAsync(cancel);
            if (count == 0)
                await Task.WhenAny(store.ChangedAfter(Position), bookmark, end);
            WriteEvents(batch.AsSpan(..count));
            if (bookmark.IsCompletedSuccessfully)
            {
                WriteBookmark(endsInitialEvents: false);
                bookmark = Task.Delay(settings.BookmarkEvery, settings.Time, cancel);
            }
            cancel.ThrowIfCancellationRequested();
            await FlushAsync(cancel);
        }
        WriteBookmark(endsInitialEvents: false);
        await FlushAsync(cancel);
        return 0;
    }

    public void Dispose() => json.Dispose();

    private async Task WriteInitialAsync(StoreSnapshot<T> initial, CancellationToken cancel)
    {
        var seen = 0;
        foreach (var stored in initial.In(Namespace, required: Options.Fields.Required))
        {
            if (Selected(stored))
                Write("ADDED", stored);
            if (++seen % EventsPerFlush == 0)
                await FlushAsync(cancel);
        }
        if (Options.SendInitialEvents is true)
            WriteBookmark(endsInitialEvents: true);
    }

    private void WriteEvents(ReadOnlySpan<StoreEvent<T>> events)
    {
        foreach (var change in events)
        {
            WriteEvent(change);
            Position = change.Revision;
        }
    }

    // What a selector lets in or out looks to the client like a creation or a deletion.
    private void WriteEvent(StoreEvent<T> change)
    {
        var before = change.Before is not null && Selected(change.Before);
        var after = change.After is not null && Selected(change.After);
        if (after)
            Write(before ? "MODIFIED" : "ADDED", change.After!);
        else if (before)
            Write("DELETED", change.Last!);
    }

    private bool Selected(StoredObject<T> stored) =>
        (Namespace.Length == 0 || stored.Key.Namespace == Namespace)
        && Options.Labels.Matches(stored, kind.LabelOf)
        && Options.Fields.Matches(stored);

    private void Write(string type, StoredObject<T> stored)
    {
        writer.WriteEvent(json, type, stored);
        EndLine();
    }

    private void WriteBookmark(bool endsInitialEvents)
    {
        if (!Options.Bookmarks)
            return;
        writer.WriteBookmark(json, Position, endsInitialEvents);
        EndLine();
    }

    private async Task<ulong> CutAsync(CancellationToken cancel)
    {
        var newest = store.Current.Revision;
        ObjectWriter<T>.WriteError(json, Failures.Expired(
            $"too old resource version: {Position} ({newest}); this watch fell behind, list again"));
        EndLine();
        await FlushAsync(cancel);
        return newest - Position;
    }

    // One JSON document a line.
    private void EndLine()
    {
        json.Flush();
        json.Reset();
        var body = context.Response.BodyWriter;
        body.GetSpan(1)[0] = (byte)'\n';
        body.Advance(1);
    }

    /// <exception cref="TimeoutException">The client has not read for <see cref="LongestFlush"/>.</exception>
    private async Task FlushAsync(CancellationToken cancel)
    {
        var flush = context.Response.BodyWriter.FlushAsync(cancel);
        if (flush.IsCompletedSuccessfully)
            return;
        await flush.AsTask().WaitAsync(LongestFlush, settings.Time, cancel);
    }
}
