using Bridge.ApiServer.Security;
using Bridge.ApiServer.Store;
using Microsoft.AspNetCore.Http;

namespace Bridge.ApiServer.Serving;

/// <summary>Finds where a watch starts, and runs it.</summary>
internal sealed class WatchAnswer<T>(ResourceKind<T> kind, ObjectStore<T> store, ServingSettings settings)
    where T : struct
{
    public async Task WriteAsync(
        HttpContext context, AccessRequest access, ListOptions<T> options, ObjectWriter<T> writer)
    {
        var snapshot = store.Current;
        var anyVersion = options.ResourceVersion is null or 0;
        if (!anyVersion && store.Read(options.ResourceVersion!.Value, []) is null)
        {
            await Replies.WriteAsync(context, Failures.Expired(
                $"too old resource version: {options.ResourceVersion} ({snapshot.Revision}); list again"));
            return;
        }
        // Without a version a watch starts with what exists, unless the client says that it does not want it.
        var initial = options.SendInitialEvents ?? anyVersion;
        var start = initial || anyVersion ? snapshot.Revision : options.ResourceVersion!.Value;
        using var stream = new WatchStream<T>(context, kind, store, writer, settings)
        {
            Namespace = access.Namespace,
            Options = options,
            Position = start,
        };
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, settings.Stopping);
        try
        {
            var behind = await stream.RunAsync(initial ? snapshot : null, ended.Token);
            if (behind > 0)
                Log.WatchFellBehind(settings.Log, kind.Names.QualifiedPlural, access.User.Name, behind);
        }
        catch (TimeoutException)
        {
            Log.WatchStoodStill(settings.Log, kind.Names.QualifiedPlural, access.User.Name);
            context.Abort(); // Ends this stream alone.
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The client left, or the server stops: either way the watch is over, and its client knows how to go on.
        }
        finally
        {
            ended.Cancel(); // Ends the timers of a watch that ended by itself.
        }
    }
}
