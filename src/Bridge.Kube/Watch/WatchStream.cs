using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json.Serialization.Metadata;
using Bridge.Kube.Client;

namespace Bridge.Kube.Watch;

/// <summary>
/// The body of one watch: every whole line that has arrived becomes an event of one batch. Ended by its server, by an
/// Error event, or by silence. Lines are decoded where they lie; only one that crosses buffers is copied into a pooled
/// one.
/// </summary>
internal sealed class WatchStream<T>(HttpResponseMessage answer, Stream body, JsonTypeInfo<T> item, TimeProvider time)
    : IAsyncDisposable
    where T : class
{
    /// <summary>etcd refuses objects over 1.5 MiB; a line beyond this is no Kubernetes event.</summary>
    private const int LongestLine = 16 * 1024 * 1024;

    private readonly PipeReader pipe = PipeReader.Create(body, new StreamPipeReaderOptions(bufferSize: 64 * 1024));

    /// <summary>The next events, at least one; null once the server has ended the watch.</summary>
    /// <param name="silence">How long nothing may come before the watch counts as dead.</param>
    /// <param name="cancel">The caller's own wish to stop.</param>
    /// <exception cref="KubeException">The connection broke, or was silent for too long.</exception>
    public async Task<IReadOnlyList<WatchEvent<T>>?> ReadAsync(TimeSpan silence, CancellationToken cancel)
    {
        using var timer = new CancellationTokenSource(silence, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancel);
        try
        {
            while (true)
            {
                var read = await pipe.ReadAsync(linked.Token);
                var events = new List<WatchEvent<T>>();
                var rest = Decode(read.Buffer, events);
                pipe.AdvanceTo(rest.Start, rest.End);
                if (events.Count > 0)
                    return events;
                if (rest.Length > LongestLine)
                    throw new KubeException($"a line of the watch is longer than {LongestLine} bytes");
                if (read.IsCompleted)
                    return rest.IsEmpty ? null : throw new KubeException("the watch was cut in the middle of a line");
            }
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new KubeException(KubeFailure.NoAnswer($"the watch was silent for {silence.TotalSeconds:0} s"), e);
        }
        catch (Exception e) when (KubeClient.Translate(e, cancel) is { } failure)
        {
            throw new KubeException(failure, e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        answer.Dispose();
        await pipe.CompleteAsync();
    }

    private ReadOnlySequence<byte> Decode(ReadOnlySequence<byte> buffer, List<WatchEvent<T>> events)
    {
        while (buffer.PositionOf((byte)'\n') is { } end)
        {
            var line = buffer.Slice(0, end);
            buffer = buffer.Slice(buffer.GetPosition(1, end));
            if (!line.IsEmpty)
                events.Add(Decode(line));
            if (events is [.., { Type: WatchEventType.Error }])
                break;
        }
        return buffer;
    }

    private WatchEvent<T> Decode(ReadOnlySequence<byte> line)
    {
        if (line.IsSingleSegment)
            return WatchLine.Read(line.FirstSpan, item);
        var whole = ArrayPool<byte>.Shared.Rent((int)line.Length);
        try
        {
            line.CopyTo(whole);
            return WatchLine.Read(whole.AsSpan(0, (int)line.Length), item);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(whole);
        }
    }
}
