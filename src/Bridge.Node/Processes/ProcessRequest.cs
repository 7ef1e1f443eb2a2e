using System.Collections.Immutable;

namespace Bridge.Node.Processes;

/// <summary>A command to run to its end.</summary>
public sealed record ProcessRequest
{
    /// <summary>The program and its arguments, each one argument: no shell reads them.</summary>
    public required ImmutableArray<string> Command { get; init; }

    /// <summary>Written to standard input, which is then closed. Empty: closed at once.</summary>
    public string Input { get; init; } = "";

    /// <summary>
    /// What the command gets of this process's own environment, where it is set; nothing else of it, for there are
    /// passwords in it. SLURM_CONF tells Slurm's client of its cluster.
    /// </summary>
    public ImmutableArray<string> Inherited { get; init; } =
        ["PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SLURM_CONF"];

    /// <summary>
    /// Added to that. Secrets belong here or in Input, never in Command (ps shows it).
    /// </summary>
    public ImmutableDictionary<string, string> Environment { get; init; } = ImmutableDictionary<string, string>.Empty;

    public string WorkingDirectory { get; init; } = "/";

    /// <summary>When the process group gets TERM.</summary>
    public required TimeSpan Deadline { get; init; }

    /// <summary>How long after TERM it gets KILL.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Characters kept of standard output and of standard error each; what is more is read and dropped.
    /// </summary>
    public int MaxCharacters { get; init; } = 64 << 20;

    /// <summary>
    /// Gets standard output piece by piece, however much it is; the result holds none of it then. Null: it is kept.
    /// </summary>
    public Action<ReadOnlySpan<byte>>? Read { get; init; }
}
