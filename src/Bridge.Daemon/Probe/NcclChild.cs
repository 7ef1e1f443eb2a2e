using System.Text.Json;
using Bridge.Gpu.Cuda;
using Bridge.Gpu.Native;
using Bridge.Gpu.Nccl;

namespace Bridge.Daemon.Probe;

/// <summary>What one rank was asked for.</summary>
internal sealed record NcclProbeOptions
{
    public string? Library { get; init; }

    public string? Cudart { get; init; }

    public required int Rank { get; init; }

    public required int Size { get; init; }

    public required string Rendezvous { get; init; }

    public required string Bytes { get; init; }

    public required int Iterations { get; init; }

    /// <summary>Number of the device among those that this process may use.</summary>
    public required int Device { get; init; }

    public required TimeSpan Timeout { get; init; }
}

/// <summary>The child side of <c>bridge probe nccl</c>: the only place where CUDA and NCCL are really called.</summary>
internal sealed class NcclChild(NcclProbeOptions options, TimeProvider time)
{
    private NcclReport report = new()
    {
        Outcome = ProbeOutcome.Broken,
        Why = "not finished",
        Rank = options.Rank,
        Size = options.Size,
    };

    /// <summary>One test, one line of JSON.</summary>
    public int Run()
    {
        ChildSide.Begin();
        try
        {
            Test(ChildSide.Trace());
        }
        catch (CollectiveException failed)
        {
            var advice = failed.Kind == "hang"
                ? "one rank or its link does not answer: look at the other ranks' reports, then test in smaller groups"
                : "another rank or the network failed: the rank whose report differs is the place to look";
            report = report with
            {
                Why = failed.Message, Failure = failed.Kind, During = failed.During, Advice = advice,
            };
        }
        catch (NativeCallException failed)
        {
            report = report with { Why = failed.Message, Failure = "call", During = failed.Function };
        }
        catch (Exception failed) when (failed
            is IOException or UnauthorizedAccessException or System.Net.Sockets.SocketException)
        {
            report = report with { Why = failed.Message, Failure = "rendezvous", During = options.Rendezvous };
        }
        Console.Out.WriteLine(JsonSerializer.Serialize(report, ProbePrint.Json.NcclReport));
        return 0;
    }

    private void Test(Action<string> trace)
    {
        var deadline = new Deadline(time, options.Timeout);
        var cuda = CudaRuntime.Open(options.Cudart, trace);
        var nccl = NcclLibrary.Open(options.Library, trace);
        if (cuda.Runtime is null || nccl.Library is null)
        {
            var (why, advice) = cuda.Runtime is null ? (cuda.Why, cuda.Advice) : (nccl.Why, nccl.Advice);
            report = report with { Outcome = ProbeOutcome.Unavailable, Why = why, Advice = advice };
            return;
        }
        if (options.Device >= cuda.Runtime.Devices)
        {
            report = report with
            {
                Outcome = ProbeOutcome.Unavailable,
                Why = $"there is no device {options.Device}: this process may use {cuda.Runtime.Devices}",
                Advice = "give each rank of a node its own GPU: --gpu UUID, or --device below that number",
            };
            return;
        }
        cuda.Runtime.Use(options.Device);
        report = report with
        {
            Library = nccl.Library.Path,
            NcclVersion = nccl.Library.Version(),
            PciBusId = cuda.Runtime.PciBusId(options.Device),
        };
        Collect(cuda.Runtime, nccl.Library, deadline);
    }

    private void Collect(CudaRuntime cuda, NcclLibrary nccl, Deadline deadline)
    {
        // Both were read by the parent already; a child is only ever started with texts that parse.
        var sizes = MessageSizes.Parse(options.Bytes, out var wrong);
        var rendezvous = Rendezvous.Parse(options.Rendezvous, out var alsoWrong);
        if (sizes is null || rendezvous is null) throw new IOException(wrong + alsoWrong);
        var began = time.GetTimestamp();
        var mine = options.Rank == 0 ? nccl.CreateUniqueId() : null;
        using var published = mine is null ? null : rendezvous.Publish(mine, options.Size - 1);
        var id = mine ?? rendezvous.Fetch(deadline)
            ?? throw new IOException($"rank 0 did not come to {options.Rendezvous} before the deadline");
        using var communicator = NcclCommunicator.Join(nccl, id, options.Rank, options.Size, deadline);
        report = report with { JoinMilliseconds = time.GetElapsedTime(began).TotalMilliseconds, Sizes = [] };
        var run = new AllReduceRun(cuda, communicator, deadline);
        foreach (var bytes in sizes)
        {
            var measured = run.Measure(bytes, options.Iterations, options.Rank, options.Size);
            report = report with { Sizes = [.. report.Sizes ?? [], measured] };
        }
        communicator.Leave(deadline);
        report = report with { Outcome = ProbeOutcome.Healthy, Why = "every size was summed" };
    }
}
