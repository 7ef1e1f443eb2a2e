using Bridge.Core.Health;

namespace Bridge.Daemon.Probe;

/// <summary>What a history file held.</summary>
/// <param name="Sweeps">Oldest first.</param>
/// <param name="Skipped">A sentence for every line that is no sweep.</param>
/// <param name="Errors">Why the file cannot be used at all.</param>
internal sealed record HistoryReading(
    IReadOnlyList<GpuSweep> Sweeps, IReadOnlyList<string> Skipped, IReadOnlyList<string> Errors)
{
    /// <summary>What the report says of it.</summary>
    public HistoryUse Use => new(Sweeps.Count, Sweeps.Count == 0 ? null : Sweeps[0].TakenAt, Skipped.Count);
}

/// <summary>How many earlier sweeps a verdict rests on, since when, and how many lines were no sweeps.</summary>
internal sealed record HistoryUse(int Sweeps, DateTimeOffset? Since, int Skipped);
