using System.Net;
using System.Net.Sockets;

namespace Bridge.E2E.World;

/// <summary>
/// What a Service is to the API server: one address, behind which each connection goes to one of several replicas, to
/// the next one where the first does not listen.
/// </summary>
internal sealed class TcpBalancer : IAsyncDisposable
{
    private readonly TcpListener listener;
    private readonly Func<IReadOnlyList<IPEndPoint>> backends;
    private readonly CancellationTokenSource end = new();
    private readonly Task accepting;
    private int turn;

    /// <param name="address">Where the API server finds it.</param>
    /// <param name="backends">The replicas, asked for each connection.</param>
    public TcpBalancer(IPEndPoint address, Func<IReadOnlyList<IPEndPoint>> backends)
    {
        this.backends = backends;
        listener = new TcpListener(address);
        listener.Start();
        accepting = AcceptAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await end.CancelAsync();
        listener.Dispose();
        await accepting;
        end.Dispose();
    }

    private async Task AcceptAsync()
    {
        var open = new List<Task>();
        try
        {
            while (true)
                open.Add(JoinAsync(await listener.AcceptTcpClientAsync(end.Token)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(open);
        }
    }

    private async Task JoinAsync(TcpClient client)
    {
        using var left = client;
        using var right = await ConnectAsync();
        if (right is null)
            return;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(end.Token);
        var (one, other) = (left.GetStream(), right.GetStream());
        Task[] copies = [CopyAsync(one, other, over.Token), CopyAsync(other, one, over.Token)];
        // When one side is gone, so is the other's peer.
        await Task.WhenAny(copies);
        await over.CancelAsync();
        await Task.WhenAll(copies);
    }

    private async Task<TcpClient?> ConnectAsync()
    {
        var known = backends();
        var first = Interlocked.Increment(ref turn);
        for (var i = 0; i < known.Count; i++)
        {
            var candidate = new TcpClient();
            try
            {
                await candidate.ConnectAsync(known[(first + i) % known.Count], end.Token);
                return candidate;
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                candidate.Dispose();
            }
        }
        return null;
    }

    private static async Task CopyAsync(Stream from, Stream to, CancellationToken cancel)
    {
        try
        {
            await from.CopyToAsync(to, cancel);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // One of the two is gone.
        }
    }
}
