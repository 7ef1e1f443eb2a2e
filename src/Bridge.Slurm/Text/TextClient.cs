using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using Bridge.Control.Ports;
using Bridge.Slurm.Reading;
using Bridge.Slurm.Rest;

namespace Bridge.Slurm.Text;

/// <summary>
/// Slurm's own client, believed only while its slurmctld calls its cluster as slurmrestd does: a client with another
/// cluster's slurm.conf would fill this one's view with strange nodes and jobs.
/// </summary>
internal sealed class TextClient(SlurmTextClient run, ReadBudget budget, ReadContext context)
{
    private static readonly ImmutableArray<string> ConfigCommand = ["scontrol", "--local", "show", "config"];
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan CheckEvery = TimeSpan.FromMinutes(1);

    private long? checkedAt;

    /// <summary>Why the client is not believed; "" while it is.</summary>
    public string Problem { get; private set; } = "";

    /// <summary>Whether the client may be used; asked before each read, looked at once a minute.</summary>
    public async Task<bool> IsBelievedAsync(ServerProfile profile, CancellationToken cancel)
    {
        if (checkedAt is { } last && context.Clock.GetElapsedTime(last) < CheckEvery)
            return Problem.Length == 0;
        checkedAt = context.Clock.GetTimestamp();
        var output = new ArrayBufferWriter<byte>();
        var answer = await RunAsync(ConfigCommand, piece => output.Write(piece), cancel);
        var name = ClusterName(Encoding.UTF8.GetString(output.WrittenSpan));
        var problem = answer.Problem.Length > 0 ? answer.Problem
            : name.Length == 0 ? "Slurm's client does not tell the name of its cluster"
            : name != profile.Cluster ? $"Slurm's client speaks to the cluster '{name}', slurmrestd to "
                + $"'{profile.Cluster}': the client is not believed, and Slurm is read over REST"
            : "";
        if (problem.Length > 0 && problem != Problem)
            context.Log.TextUnusable("cluster", problem);
        Problem = problem;
        return problem.Length == 0;
    }

    /// <summary>
    /// Runs a command; another check comes before the next one if it fails. What slurmctld packed for it the caller
    /// spends, who knows how many records that were.
    /// </summary>
    public async Task<TextAnswer> RunAsync(
        ImmutableArray<string> command, Action<ReadOnlySpan<byte>> read, CancellationToken cancel)
    {
        var began = context.Clock.GetTimestamp();
        var answer = await run(command, read, Deadline, cancel);
        ReadMetrics.Read(Rung.Diff, "text", context.Clock.GetElapsedTime(began));
        budget.SpendText(ReadBudget.Command, 1);
        if (answer.Problem.Length > 0)
            checkedAt = null;
        return answer;
    }

    // ClusterName             = lab
    private static string ClusterName(string config) => config.Split('\n')
        .Select(l => l.Split('=', 2, StringSplitOptions.TrimEntries))
        .FirstOrDefault(p => p is ["ClusterName", _])?[1] ?? "";
}
