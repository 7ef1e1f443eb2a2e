using System.Globalization;
using System.Text.Json;
using Bridge.Core.Health;
using Bridge.Gpu.Nccl;

namespace Bridge.Daemon.Probe;

/// <summary>Against which line a rank's bandwidth is held; no product, no line.</summary>
internal sealed record BandwidthExpectation(HealthRules Rules, string? Product, int Nodes);

/// <summary>The parent side of <c>bridge probe nccl</c>: one rank in a child of its own.</summary>
internal sealed class NcclProbe(TimeProvider time)
{
    /// <summary>The child ends at its own deadline with an answer; this much later it is ended without one.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    public async Task<NcclReport> RunAsync(
        NcclProbeOptions options, string? gpu, BandwidthExpectation expected, CancellationToken cancel)
    {
        var lines = new List<string>();
        // A GPU is chosen by its uuid: CUDA then sees only that one, as device 0.
        var variables = gpu is null
            ? new Dictionary<string, string>()
            : new Dictionary<string, string> { ["CUDA_VISIBLE_DEVICES"] = gpu };
        var child = await new ChildProcess(time, options.Timeout + Grace).RunAsync(
            Verb(options), variables,
            line =>
            {
                lines.Add(line);
                return false;
            },
            cancel);
        var answer = child.End == ChildEnd.Answered ? Read(lines) : null;
        var report = answer is null ? Broken(options, child) : Judge(answer, child, expected);
        return report with
        {
            Node = Environment.GetEnvironmentVariable("SLURMD_NODENAME") ?? Environment.MachineName,
            Test = options.Rendezvous,
            Product = expected.Product,
            Nodes = expected.Nodes,
        };
    }

    /// <summary>Reads what the child was given back, so that both sides share one list of options.</summary>
    internal static List<string> Verb(NcclProbeOptions options)
    {
        var verb = new List<string>
        {
            "child-nccl",
            "--rank", options.Rank.ToString(CultureInfo.InvariantCulture),
            "--size", options.Size.ToString(CultureInfo.InvariantCulture),
            "--rendezvous", options.Rendezvous,
            "--bytes", options.Bytes,
            "--iterations", options.Iterations.ToString(CultureInfo.InvariantCulture),
            "--device", options.Device.ToString(CultureInfo.InvariantCulture),
            "--timeout", options.Timeout.TotalSeconds.ToString(CultureInfo.InvariantCulture),
        };
        if (options.Library is { } library) verb.AddRange(["--library", library]);
        if (options.Cudart is { } cudart) verb.AddRange(["--cudart", cudart]);
        return verb;
    }

    private static NcclReport? Read(List<string> lines)
    {
        // NCCL writes warnings to standard output when NCCL_DEBUG is set: the answer is the last line.
        try
        {
            var answer = lines.Count == 0
                ? null
                : JsonSerializer.Deserialize(lines[^1], ProbeJson.Default.NcclReport);
            return answer is { Version: 1, Probe: "nccl" } ? answer : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static NcclReport Broken(NcclProbeOptions options, ChildResult child)
    {
        var told = child.End == ChildEnd.Answered
            ? ("the child's last line is no answer of version 1", "run it again with NCCL_DEBUG unset")
            : (NvmlProbe.Broken(child, options.Timeout + Grace) is var b ? (b.Why, b.Advice) : default);
        return new NcclReport
        {
            Outcome = ProbeOutcome.Broken,
            Why = told.Item1,
            Advice = told.Item2,
            Failure = child.End switch
            {
                ChildEnd.TimedOut or ChildEnd.Stuck => "hang",
                ChildEnd.NeverBegan => "start",
                ChildEnd.Cancelled => "cancelled",
                ChildEnd.Answered => "answer",
                _ => "crash",
            },
            LastCall = child.LastCall,
            Rank = options.Rank,
            Size = options.Size,
            TookMilliseconds = child.Took.TotalMilliseconds,
        };
    }

    private static NcclReport Judge(NcclReport answer, ChildResult child, BandwidthExpectation expected)
    {
        var report = answer with { TookMilliseconds = child.Took.TotalMilliseconds };
        if (report.Sizes is null) return report;
        List<AllReduceSize> sizes = [.. report.Sizes.Select(s => s with { Line = LineFor(expected, s.Bytes) })];
        report = report with { Sizes = sizes };
        // Damaged data is a verdict, whatever became of the sizes after it.
        if (sizes.Find(s => s.WrongValues > 0) is { } wrong)
        {
            return report with
            {
                Outcome = ProbeOutcome.Unhealthy,
                Why = $"{wrong.WrongValues} values of the sum of {wrong.Bytes} bytes are wrong: data was damaged",
                Advice = "take the node out: a GPU, a link or its memory changes data silently",
            };
        }
        if (report.Outcome == ProbeOutcome.Healthy && sizes.Find(s => s.BusBytesPerSecond < s.Line) is { } slow)
        {
            return report with
            {
                Outcome = ProbeOutcome.Unhealthy,
                Why = $"{Giga(slow.BusBytesPerSecond)} GB/s bus bandwidth at {slow.Bytes} bytes, the line for "
                    + $"{expected.Product} on {expected.Nodes} nodes is {Giga(slow.Line ?? 0)} GB/s",
                Advice = "a collective is as slow as its slowest member: test in smaller groups to find it",
            };
        }
        return report;
    }

    private static double? LineFor(BandwidthExpectation expected, long bytes) => expected.Product is null
        ? null
        : BusBandwidth.LineFor(expected.Rules, expected.Product, expected.Nodes, bytes)?.BytesPerSecond;

    private static string Giga(double bytes) => (bytes / 1e9).ToString("F1", CultureInfo.InvariantCulture);
}

/// <summary>What <c>bridge probe nccl</c> prints, and what its child answers: one rank's view of the test.</summary>
internal sealed record NcclReport
{
    public int Version { get; init; } = 1;

    public string Probe { get; init; } = "nccl";

    public required ProbeOutcome Outcome { get; init; }

    public required string Why { get; init; }

    public string? Advice { get; init; }

    public required int Rank { get; init; }

    public required int Size { get; init; }

    /// <summary>The node that this rank ran on, as Slurm calls it, else the host's name.</summary>
    public string? Node { get; init; }

    /// <summary>The rendezvous: ranks that name the same one were one test.</summary>
    public string? Test { get; init; }

    /// <summary>The product that was asked for with --product.</summary>
    public string? Product { get; init; }

    /// <summary>Nodes of the test, as told with --nodes.</summary>
    public int Nodes { get; init; }

    public double TookMilliseconds { get; init; }

    /// <summary>
    /// Where the test did not come to its end: "hang", "asyncError", "call" or "rendezvous" as the child told it;
    /// "start", "crash", "answer" or "cancelled" where it told nothing usable.
    /// </summary>
    public string? Failure { get; init; }

    /// <summary>What was going on then.</summary>
    public string? During { get; init; }

    /// <summary>The native call that had begun last, where the child was ended or crashed.</summary>
    public string? LastCall { get; init; }

    public string? Library { get; init; }

    public string? NcclVersion { get; init; }

    /// <summary>PCI bus id of the GPU that was used.</summary>
    public string? PciBusId { get; init; }

    /// <summary>From the first call to a communicator that is up.</summary>
    public double? JoinMilliseconds { get; init; }

    public IReadOnlyList<AllReduceSize>? Sizes { get; init; }
}
