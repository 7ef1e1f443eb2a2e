using Bridge.Slurm.Rest;

namespace Bridge.Adapter.Tests.Slurm;

/// <summary>How an answer's body is taken in.</summary>
public sealed class BodyReadingTests
{
    private const int Size = 100_000;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_is_whole_with_and_without_an_announced_length(bool announced)
    {
        using var content = new StreamContent(new Body());
        content.Headers.ContentLength = announced ? Size : null;
        var body = await RestClient.ReadAsync(content, Size, Cancel);
        Assert.Equal(Size, body!.Value.Length);
        Assert.All(body.Value.ToArray(), b => Assert.Equal(7, b));
    }

    [Fact]
    public async Task An_announced_length_takes_no_memory_beyond_it()
    {
        var stream = new Body();
        using var content = new StreamContent(stream);
        content.Headers.ContentLength = Size;
        await RestClient.ReadAsync(content, 10 * Size, Cancel);
        Assert.Equal(1, stream.RoomAtTheEnd);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_above_the_limit_is_not_taken(bool announced)
    {
        using var content = new StreamContent(new Body());
        content.Headers.ContentLength = announced ? Size : null;
        Assert.Null(await RestClient.ReadAsync(content, Size - 1, Cancel));
    }

    // A stream that cannot be measured, as a connection cannot.
    private sealed class Body : Stream
    {
        private int left = Size;

        /// <summary>Room that the reader had left when it saw the end.</summary>
        public int RoomAtTheEnd { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(Read(buffer.Span));

        public override int Read(Span<byte> buffer)
        {
            var read = Math.Min(left, Math.Min(buffer.Length, 30_000));
            buffer[..read].Fill(7);
            left -= read;
            if (read == 0)
                RoomAtTheEnd = buffer.Length;
            return read;
        }

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
