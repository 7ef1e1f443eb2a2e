using System.Collections.Immutable;
using System.CommandLine;

namespace Bridge.Daemon.Verbs;

/// <summary>The option by which a verb finds Slurm's own client. Where slurmrestd is, each SlurmCluster says.</summary>
public sealed class SlurmAccess
{
    private readonly Option<string?> client = new("--slurm-client")
    {
        Description = "Command prefix that runs Slurm's own client (squeue, scontrol), words separated by spaces. "
            + "With it a busy cluster is read many times cheaper than over REST.",
        HelpName = "COMMAND",
    };

    public void AddTo(Command command) => command.Options.Add(client);

    /// <summary>The prefix, one word an argument; empty when none was given.</summary>
    public ImmutableArray<string> Client(ParseResult parsed) =>
        [.. (parsed.GetValue(client) ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)];
}
