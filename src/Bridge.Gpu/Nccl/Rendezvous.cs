using System.Net;
using System.Net.Sockets;
using Bridge.Gpu.Native;

namespace Bridge.Gpu.Nccl;

/// <summary>
/// How rank 0 gives the 128 bytes of the unique id to the others: a file that all of them see (file:PATH), or rank 0's
/// own
/// address (tcp://HOST:PORT). Who can reach it can join the test, nothing more.
/// </summary>
public sealed class Rendezvous
{
    private static readonly byte[] Mark = "BRNCCL1\n"u8.ToArray();

    private readonly string? file;
    private readonly (string Host, int Port) address;

    private Rendezvous(string? file, (string Host, int Port) address) => (this.file, this.address) = (file, address);

    /// <summary>Reads "file:PATH" or "tcp://HOST:PORT"; null and a sentence where it is neither.</summary>
    public static Rendezvous? Parse(string text, out string error)
    {
        error = "";
        if (text.StartsWith("file:", StringComparison.Ordinal) && Path.IsPathRooted(text[5..]))
            return new Rendezvous(text[5..], default);
        if (Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri is { Scheme: "tcp", Host.Length: > 0, Port: > 0 })
            return new Rendezvous(null, (uri.Host, uri.Port));
        error = $"the rendezvous must be file:/PATH or tcp://HOST:PORT, is '{text}'";
        return null;
    }

    /// <summary>
    /// Gives the id out, in the background, until every other rank has it. Rank 0 disposes the result at the end.
    /// </summary>
    public IDisposable Publish(byte[] id, int others) =>
        file is null ? new Listener(address, id, others) : new Paper(file, id);

    /// <summary>Waits for the id; null where the deadline passed first.</summary>
    public byte[]? Fetch(Deadline deadline)
    {
        byte[]? id = null;
        bool? Ask() => (id = file is null ? FromRankZero() : FromFile(file)) is null ? null : true;
        deadline.Until(Ask);
        return id;
    }

    private static byte[]? FromFile(string file)
    {
        try
        {
            return File.Exists(file) ? Unpack(File.ReadAllBytes(file)) : null;
        }
        catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException)
        {
            // Rank 0 took it away between the two: its test is over, another one may begin.
            return null;
        }
    }

    private static byte[]? Unpack(ReadOnlySpan<byte> message) =>
        message.Length == Mark.Length + NcclUniqueId.Size && message.StartsWith(Mark)
            ? message[Mark.Length..].ToArray()
            : null;

    private byte[]? FromRankZero()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(address.Host, address.Port);
            var message = new byte[Mark.Length + NcclUniqueId.Size];
            using var stream = new NetworkStream(socket);
            stream.ReadExactly(message);
            return Unpack(message);
        }
        catch (Exception notYet) when (notYet is SocketException or IOException)
        {
            // Rank 0 does not listen yet: asked again until the deadline.
            return null;
        }
    }

    private static byte[] Pack(byte[] id) => [.. Mark, .. id];

    /// <summary>The file, gone with the test. One that is there already belongs to another run.</summary>
    private sealed class Paper : IDisposable
    {
        private readonly string file;

        public Paper(string file, byte[] id)
        {
            this.file = file;
            var draft = $"{file}.{Environment.ProcessId}";
            File.WriteAllBytes(draft, Pack(id));
            try
            {
                File.Move(draft, file, overwrite: false);
            }
            catch (IOException)
            {
                File.Delete(draft);
                throw new IOException($"{file} is there already: a run's rendezvous needs a name of its own");
            }
        }

        public void Dispose() => File.Delete(file);
    }

    private sealed class Listener : IDisposable
    {
        private readonly TcpListener listener;

        public Listener((string Host, int Port) address, byte[] id, int others)
        {
            var host = IPAddress.TryParse(address.Host, out var ip) ? ip : Dns.GetHostAddresses(address.Host)[0];
            listener = new TcpListener(host, address.Port);
            listener.Start(Math.Max(1, others));
            Served = ServeAsync(Pack(id), others);
        }

        private Task Served { get; }

        public void Dispose() => listener.Dispose();

        private async Task ServeAsync(byte[] message, int others)
        {
            try
            {
                for (var left = others; left > 0;)
                {
                    using var client = await listener.AcceptTcpClientAsync();
                    try
                    {
                        await client.GetStream().WriteAsync(message);
                        left--;
                    }
                    catch (IOException)
                    {
                        // This one went away; it will come again, or its own deadline ends the test.
                    }
                }
            }
            catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
            {
                // The test ended before every rank came; the communicator's own deadline has said so.
            }
        }
    }
}
