using Bridge.Core.Health;

namespace Bridge.Daemon.Probe;

/// <summary>What <c>bridge probe compare</c> prints.</summary>
internal sealed record CompareReport
{
    public int Version { get; init; } = 1;

    public string Probe { get; init; } = "compare";

    public required ProbeOutcome Outcome { get; init; }

    public required string Why { get; init; }

    /// <summary>Tests that were read; all ranks of a test count once.</summary>
    public required int Tests { get; init; }

    /// <summary>Names of the tests that are below a line or summed wrong.</summary>
    public required IReadOnlyList<string> Slow { get; init; }

    /// <summary>One per test and message size.</summary>
    public required IReadOnlyList<PeerVerdict> Verdicts { get; init; }
}
