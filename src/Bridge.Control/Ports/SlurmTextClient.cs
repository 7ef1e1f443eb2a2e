using System.Collections.Immutable;

namespace Bridge.Control.Ports;

/// <summary>
/// Runs Slurm's own client (squeue, scontrol) where it is in the image: the command and its arguments, each one
/// argument, no shell.
/// Never throws for what the command does.
/// </summary>
public delegate Task<TextAnswer> SlurmTextClient(
    ImmutableArray<string> command, TimeSpan deadline, CancellationToken cancel);

/// <summary>What a command wrote.</summary>
/// <param name="ExitCode">Null when it could not be started or had to be killed.</param>
/// <param name="Output">Standard output, whole when Problem is empty.</param>
/// <param name="Problem">Why the output cannot be trusted, as one sentence; "" when it can.</param>
/// <param name="Elapsed">How long it ran.</param>
public sealed record TextAnswer(int? ExitCode, string Output, string Problem, TimeSpan Elapsed);
