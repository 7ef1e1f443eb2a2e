using Bridge.Core.Health;
using Bridge.Gpu.Nvml;

namespace Bridge.Daemon.Probe;

/// <summary>What the child of <c>bridge probe nvml</c> answers.</summary>
internal sealed record NvmlAnswer(
    int Version, NvmlState State, string Why, string Advice, string? Library, double Milliseconds, GpuSweep? Sweep);

/// <summary>What <c>bridge probe nvml</c> prints.</summary>
internal sealed record NvmlReport
{
    public int Version { get; init; } = 1;

    public string Probe { get; init; } = "nvml";

    public required ProbeOutcome Outcome { get; init; }

    public required string Why { get; init; }

    public string? Advice { get; init; }

    /// <summary>From the start of the child to its end.</summary>
    public required double TookMilliseconds { get; init; }

    /// <summary>The sweep alone, measured inside the child.</summary>
    public double? SweepMilliseconds { get; init; }

    public NvmlState? State { get; init; }

    public string? Library { get; init; }

    /// <summary>The native call that had begun last, where the child was ended or crashed.</summary>
    public string? LastCall { get; init; }

    /// <summary>The earlier sweeps that were looked at, with --history.</summary>
    public HistoryUse? History { get; init; }

    /// <summary>Everything that did not pass and does apply; everything with --all.</summary>
    public IReadOnlyList<Verdict>? Verdicts { get; init; }

    public GpuSweep? Sweep { get; init; }
}
