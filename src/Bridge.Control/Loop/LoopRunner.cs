using System.Collections.Concurrent;
using Bridge.Control.Queues;
using Bridge.Core.Names;
using Microsoft.Extensions.Logging;

namespace Bridge.Control.Loop;

/// <summary>One turn of a loop for one key. Returns how long until the next one is wanted if nothing changes.</summary>
public delegate Task<TimeSpan> Tick(ObjectRef key, CancellationToken cancel);

/// <summary>
/// Works the keys of a queue side by side: each key by one worker at a time, so that one that hangs or has thousands of
/// steps to do delays no other. Only here does an exception become a delay.
/// </summary>
public sealed class LoopRunner(KeyedQueue<ObjectRef> queue, TimeProvider time, ILogger<LoopRunner> log)
{
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(5);

    // A burst of watch events is one change: let it gather before the key's next turn.
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentDictionary<ObjectRef, Task> working = [];

    /// <summary>
    /// Works until cancelled, which is when leadership is lost or the daemon stops, and until every worker has ended.
    /// </summary>
    /// <param name="find">The loop of a key; null when there is none, or no longer. Called for several keys at once,
    /// never for the same one.</param>
    /// <param name="cancel">Leadership.</param>
    public async Task RunAsync(
        Func<ObjectRef, CancellationToken, ValueTask<Tick?>> find, CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                var key = await queue.TakeAsync(cancel);
                working[key] = WorkAsync(key, find, cancel);
            }
        }
        finally
        {
            await Task.WhenAll(working.Values).ConfigureAwait(
                ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    private async Task WorkAsync(
        ObjectRef key, Func<ObjectRef, CancellationToken, ValueTask<Tick?>> find, CancellationToken cancel)
    {
        // On a thread of its own: what plans for long before its first wait must not keep other keys waiting.
        await Task.Yield();
        try
        {
            var tick = await find(key, cancel);
            if (tick is not null)
                queue.AddAfter(key, await tick(key, cancel));
            LoopMetrics.Ticked(tick is null ? "gone" : "done");
            await Task.Delay(Gather, time, cancel);
        }
        catch (Exception exception) when (!cancel.IsCancellationRequested)
        {
            log.LoopFailed(exception, key.ToString());
            LoopMetrics.Ticked("failed");
            // Also an event that comes meanwhile waits: a loop that fails at once must not spin.
            queue.Add(key);
            await Task.Delay(AfterFailure, time, cancel);
        }
        finally
        {
            queue.Done(key);
        }
    }
}
