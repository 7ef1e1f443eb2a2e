using Bridge.Gpu.Nccl;

namespace Bridge.Daemon.Probe;

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
