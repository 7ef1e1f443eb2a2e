using System.Net;
using System.Net.Sockets;
using Bridge.Adapter.Tests.KubeFake;
using Bridge.Kube.Client;
using Bridge.Kube.Models;
using Bridge.Kube.Watch;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bridge.Adapter.Tests.Kube;

/// <summary>
/// A connection that swallows everything without a word, as a vanished machine or a firewall leaves it.
/// </summary>
public sealed class DeadConnectionTests
{
    [Fact]
    public async Task A_watch_on_a_dead_connection_is_noticed_by_pings_and_resumed_on_a_new_one()
    {
        await using var kube = await FakeKube.StartAsync();
        await using var wire = new Wire(kube.Endpoint.Server.Port);
        var limits = new KubeLimits { PingDelay = TimeSpan.FromSeconds(1), PingTimeout = TimeSpan.FromSeconds(1) };
        using var client = new KubeClient(kube.Endpoint with { Server = wire.Server }, limits, TimeProvider.System);
        using var stop = new CancellationTokenSource();
        var nodes = new Informer<V1Node>(
            client, KubeKinds.Nodes, WatchScope.All, TimeProvider.System, new Random(1), NullLogger.Instance);
        var running = nodes.RunAsync(stop.Token);
        await Eventually.TrueAsync(() => nodes.State.Synced, "the first sync");
        Assert.Equal(["HTTP/2"], kube.Protocols);
        wire.GoDead();
        kube.Put(KubeKinds.Nodes, "n1");
        await Eventually.TrueAsync(() => nodes.State.Error.Length > 0, "the dead connection is noticed");
        await Eventually.TrueAsync(() => nodes.Snapshot.Count == 1 && nodes.State.Current, "the watch goes on");
        await stop.CancelAsync();
        await running;
    }

    /// <summary>
    /// Passes bytes between client and server until told to swallow those of the connections that are open.
    /// </summary>
    private sealed class Wire : IAsyncDisposable
    {
        private readonly TcpListener listener = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource stop = new();
        private readonly Task accepting;
        private readonly int port;
        private int deadBelow;
        private int count;

        public Wire(int port)
        {
            this.port = port;
            listener.Start();
            accepting = AcceptAsync();
        }

        public Uri Server => new($"https://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");

        public void GoDead() => Volatile.Write(ref deadBelow, count + 1);

        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            listener.Dispose();
            await accepting;
            stop.Dispose();
        }

        private async Task AcceptAsync()
        {
            var passing = new List<Task>();
            try
            {
                while (true)
                    passing.Add(PassAsync(await listener.AcceptTcpClientAsync(stop.Token), ++count));
            }
            catch (OperationCanceledException)
            {
                await Task.WhenAll(passing);
            }
        }

        private async Task PassAsync(TcpClient client, int number)
        {
            using (client)
            using (var server = new TcpClient())
            {
                await server.ConnectAsync(IPAddress.Loopback, this.port, stop.Token);
                await Task.WhenAll(CopyAsync(client, server, number), CopyAsync(server, client, number));
            }
        }

        private async Task CopyAsync(TcpClient from, TcpClient to, int number)
        {
            var buffer = new byte[16 * 1024];
            try
            {
                while (await from.GetStream().ReadAsync(buffer, stop.Token) is > 0 and var read)
                {
                    if (number >= Volatile.Read(ref deadBelow))
                        await to.GetStream().WriteAsync(buffer.AsMemory(0, read), stop.Token);
                }
            }
            catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException)
            {
                // The end of a connection is part of the play.
            }
        }
    }
}
