using Bridge.Control.Queues;
using Bridge.Core.Names;
using Microsoft.Extensions.Logging;

namespace Bridge.Control.Loop;

/// <summary>
/// Drives the loops of all clusters from one keyed queue. Only here does an exception become a delay.
/// </summary>
public sealed class LoopRunner(KeyedQueue<ObjectRef> queue, TimeProvider time, ILogger<LoopRunner> log)
{
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(5);

    /// <summary>Works until cancelled, which is when leadership is lost or the daemon stops.</summary>
    /// <param name="find">The loop of a key; null when there is none, or no longer.</param>
    /// <param name="cancel">Leadership.</param>
    public async Task RunAsync(
        Func<ObjectRef, CancellationToken, ValueTask<Tick?>> find, CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            var key = await queue.TakeAsync(cancel);
            try
            {
                if (await find(key, cancel) is { } tick)
                    queue.AddAfter(key, await tick(key, cancel));
            }
            catch (Exception exception) when (!cancel.IsCancellationRequested)
            {
                log.LoopFailed(exception, key.ToString());
                queue.AddAfter(key, AfterFailure);
            }
            finally
            {
                queue.Done(key);
            }
            await Settle(cancel);
        }
    }

    // A burst of watch events is one change: let it gather before planning.
    private Task Settle(CancellationToken cancel) => Task.Delay(TimeSpan.FromMilliseconds(50), time, cancel);
}
