using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Bridge.Daemon.Serving;

/// <summary>
/// The transport of addresses on which a flood may come: connections are accepted no faster than a budget of the CPU
/// allows, whatever they would bring. The others wait in the kernel, and their clients for as long as they like.
/// </summary>
/// <param name="inner">Makes the real listeners.</param>
/// <param name="paced">Which addresses.</param>
/// <param name="time">Times the pauses.</param>
public sealed class PacedTransport(IConnectionListenerFactory inner, Func<EndPoint, bool> paced, TimeProvider time)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    /// <summary>So many connections are accepted in each <see cref="Window"/> at most: 25 a second.</summary>
    public const int PerWindow = 5;

    public static readonly TimeSpan Window = TimeSpan.FromMilliseconds(200);

    public bool CanBind(EndPoint endpoint) => paced(endpoint);

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken) =>
        new PacedListener(await inner.BindAsync(endpoint, cancellationToken), time);

    // Kestrel accepts one after the other.
    private sealed class PacedListener(IConnectionListener inner, TimeProvider time) : IConnectionListener
    {
        private long began = time.GetTimestamp();
        private int accepted;

        public EndPoint EndPoint => inner.EndPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken)
        {
            var elapsed = time.GetElapsedTime(began);
            if (accepted >= PerWindow && elapsed < Window)
                await Task.Delay(Window - elapsed, time, cancellationToken);
            if (accepted >= PerWindow || elapsed >= Window)
                (began, accepted) = (time.GetTimestamp(), 0);
            accepted++;
            return await inner.AcceptAsync(cancellationToken);
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken) => inner.UnbindAsync(cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
