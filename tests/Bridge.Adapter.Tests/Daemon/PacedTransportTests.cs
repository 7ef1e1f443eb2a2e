using System.Net;
using Bridge.Daemon.Serving;
using Bridge.Testing;
using Microsoft.AspNetCore.Connections;

namespace Bridge.Adapter.Tests.Daemon;

/// <summary>However many connections wait, so many are accepted and no more.</summary>
public sealed class PacedTransportTests
{
    private readonly ManualTime time = new();

    /// <summary>More than a thousand a second wait, for ten seconds.</summary>
    [Fact]
    public async Task A_flood_is_accepted_at_twenty_five_a_second()
    {
        await using var listener = await BindAsync();
        await listener.AcceptAsync(TestContext.Current.CancellationToken);
        for (var window = 0; window < 50; window++)
        {
            for (var i = 1; i < PacedTransport.PerWindow; i++)
                await listener.AcceptAsync(TestContext.Current.CancellationToken);
            var next = listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask();
            time.Advance(PacedTransport.Window - TimeSpan.FromTicks(1));
            Assert.False(next.IsCompleted);
            time.Advance(TimeSpan.FromTicks(1));
            await next;
        }
    }

    [Fact]
    public async Task Few_are_accepted_at_once()
    {
        await using var listener = await BindAsync();
        for (var i = 0; i < 100; i++)
        {
            await listener.AcceptAsync(TestContext.Current.CancellationToken);
            time.Advance(PacedTransport.Window / PacedTransport.PerWindow);
        }
    }

    private ValueTask<IConnectionListener> BindAsync() =>
        new PacedTransport(new Crowd(), _ => true, time).BindAsync(
            new IPEndPoint(IPAddress.Loopback, 1), TestContext.Current.CancellationToken);

    /// <summary>A listener before which there is always one more connection.</summary>
    private sealed class Crowd : IConnectionListenerFactory, IConnectionListener
    {
        public EndPoint EndPoint => new IPEndPoint(IPAddress.Loopback, 1);

        public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken) =>
            ValueTask.FromResult<IConnectionListener>(this);

        public ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken) =>
            ValueTask.FromResult<ConnectionContext?>(new DefaultConnectionContext());

        public ValueTask UnbindAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
