using Bridge.Core.Health;
using Bridge.Gpu.Cuda;
using Bridge.Gpu.Native;

namespace Bridge.Gpu.Nccl;

/// <summary>One message size, measured.</summary>
/// <param name="Bytes">Size of the message.</param>
/// <param name="Iterations">All-reduces that were timed.</param>
/// <param name="Microseconds">Time of one.</param>
/// <param name="AlgorithmBytesPerSecond">Size by time.</param>
/// <param name="BusBytesPerSecond">That times 2(n−1)/n: what the busiest link carried (nccl-tests).</param>
/// <param name="WrongValues">Values of the sum that were wrong; 0 is right.</param>
/// <param name="Line">The line that this product should reach, where one is known.</param>
public sealed record AllReduceSize(
    long Bytes, int Iterations, double Microseconds, double AlgorithmBytesPerSecond, double BusBytesPerSecond,
    long WrongValues, double? Line = null);

/// <summary>Runs all-reduces of several sizes on one rank, times them with CUDA events and checks the sums.</summary>
public sealed class AllReduceRun(CudaRuntime cuda, NcclCommunicator communicator, Deadline deadline)
{
    private const int Warmups = 2;
    private const int TileValues = 1 << 20;
    private const long PlaceValues = (1 << 20) / sizeof(float);

    private readonly float[] expected = new float[TileValues];
    private readonly float[] got = new float[TileValues];

    /// <summary>Measures one size.</summary>
    /// <param name="bytes">A multiple of 4.</param>
    /// <param name="iterations">How many are timed.</param>
    /// <param name="rank">This rank.</param>
    /// <param name="ranks">All ranks.</param>
    public AllReduceSize Measure(long bytes, int iterations, int rank, int ranks)
    {
        var count = bytes / sizeof(float);
        var (from, to) = (cuda.Allocate(bytes), cuda.Allocate(bytes));
        var (stream, start, end) = (cuda.CreateStream(), cuda.CreateEvent(), cuda.CreateEvent());
        var clean = false;
        try
        {
            Tiles(count, (offset, length) =>
                cuda.CopyIn(At(from, offset), Fill(offset, length, (rank + 1, count <= PlaceValues))));
            for (var i = 0; i < Warmups; i++) communicator.AllReduce(from, to, count, stream, deadline);
            cuda.Record(start, stream);
            for (var i = 0; i < iterations; i++) communicator.AllReduce(from, to, count, stream, deadline);
            cuda.Record(end, stream);
            Await(end, $"an all-reduce of {bytes} bytes");
            var each = cuda.Between(start, end) / iterations;
            var wrong = CountWrong(to, count, ranks);
            clean = true;
            return new AllReduceSize(
                bytes, iterations, each.TotalMicroseconds, each > TimeSpan.Zero ? bytes / each.TotalSeconds : 0,
                BusBandwidth.OfAllReduce(bytes, each, ranks), wrong);
        }
        finally
        {
            // After an abort the device may still hang in a kernel: giving back would wait for it. The process ends
            // anyway.
            if (clean) Release(from, to, stream, start, end);
        }
    }

    private static nint At(nint memory, long value) => memory + (nint)(value * sizeof(float));

    private static void Tiles(long count, Action<long, int> each)
    {
        for (long offset = 0; offset < count; offset += TileValues)
            each(offset, (int)Math.Min(TileValues, count - offset));
    }

    /// <summary>
    /// What a rank sends. Up to 1 MiB every place has a value of its own, so that data in a wrong place shows; larger
    /// messages carry one value per rank. The numbers are small enough for exact sums over thousands of ranks.
    /// </summary>
    private Span<float> Fill(long offset, int length, (long Factor, bool Places) of)
    {
        var values = expected.AsSpan(0, length);
        if (!of.Places) values.Fill(of.Factor);
        else for (var i = 0; i < length; i++) values[i] = ((offset + i) % 7 + 1) * of.Factor;
        return values;
    }

    private void Await(nint end, string during)
    {
        bool? Ask()
        {
            communicator.ThrowOnAsyncError(during);
            return cuda.IsDone(end) ? true : null;
        }
        if (deadline.Until(Ask) is not null) return;
        communicator.Abort();
        throw new CollectiveException("hang", during, "no end before the deadline; aborted");
    }

    private long CountWrong(nint to, long count, int ranks)
    {
        long wrong = 0;
        var sum = (long)ranks * (ranks + 1) / 2;
        Tiles(count, (offset, length) =>
        {
            var got = this.got.AsSpan(0, length);
            var expected = Fill(offset, length, (sum, count <= PlaceValues));
            cuda.CopyOut(got, At(to, offset));
            // Above 2^24 a float no longer holds every whole number, and ranks add in any order.
            for (var i = 0; i < length; i++)
                if (!(Math.Abs(got[i] - expected[i]) <= expected[i] * 1e-5f)) wrong++;
        });
        return wrong;
    }

    private void Release(nint from, nint to, nint stream, nint start, nint end)
    {
        cuda.DestroyEvent(start);
        cuda.DestroyEvent(end);
        cuda.DestroyStream(stream);
        cuda.Free(from);
        cuda.Free(to);
    }
}
