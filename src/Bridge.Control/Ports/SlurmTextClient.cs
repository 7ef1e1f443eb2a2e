using System.Collections.Immutable;

namespace Bridge.Control.Ports;

/// <summary>
/// Runs Slurm's own client (squeue, scontrol) where it is in the image: the command and its arguments, each one
/// argument, no shell. What it writes goes to <paramref name="read"/> piece by piece, as it comes: the jobs of a large
/// cluster are too many bytes to hold. Never throws for what the command does.
/// </summary>
public delegate Task<TextAnswer> SlurmTextClient(ImmutableArray<string> command, Action<ReadOnlySpan<byte>> read,
    TimeSpan deadline, CancellationToken cancel);

/// <summary>How a command ended.</summary>
/// <param name="ExitCode">Null when it could not be started or had to be killed.</param>
/// <param name="Problem">Why what was read cannot be trusted, as one sentence; "" when it can, and is whole.</param>
public sealed record TextAnswer(int? ExitCode, string Problem);
