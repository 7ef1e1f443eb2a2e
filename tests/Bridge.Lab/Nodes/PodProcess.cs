using System.Diagnostics;
using System.Globalization;
using Bridge.Node.Processes;

namespace Bridge.Lab.Nodes;

/// <summary>What one pod's process is started with.</summary>
/// <param name="Program">The pod program and its arguments.</param>
/// <param name="LogFile">Where its output is appended.</param>
/// <param name="Grace">How long the pod program itself lets the command end after TERM.</param>
public sealed record PodCommand(IReadOnlyList<string> Program, string LogFile, TimeSpan Grace);

/// <summary>
/// The process of one pod. The shell that starts it becomes it, after pointing the output at the log, so that a log is
/// whole even when this process dies.
/// </summary>
internal sealed class PodProcess : IDisposable
{
    private readonly Process process;

    private PodProcess(Process process) => this.process = process;

    public Task Exited { get; private init; } = Task.CompletedTask;

    /// <summary>
    /// Valid once <see cref="Exited"/> is done. Above 128: ended by the signal of that number less 128.
    /// </summary>
    public int ExitCode => process.ExitCode;

    public static PodProcess Start(PodCommand command)
    {
        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = "/" };
        start.Environment["POD_GRACE"] = Math.Max(1, (int)command.Grace.TotalSeconds)
            .ToString(CultureInfo.InvariantCulture);
        foreach (var argument in (string[])["-c", "exec >>\"$0\" 2>&1 </dev/null; exec \"$@\"", command.LogFile,
            .. command.Program])
            start.ArgumentList.Add(argument);
        var process = Process.Start(start) ?? throw new InvalidOperationException("no process was started");
        return new PodProcess(process) { Exited = process.WaitForExitAsync() };
    }

    /// <summary>TERM, and KILL if it still runs after the grace period.</summary>
    public Task EndAsync(TimeSpan grace, TimeProvider time) => Exited.IsCompleted
        ? Exited
        : ProcessGroup.EndAsync(process.Id, Exited, grace, Timeout.InfiniteTimeSpan, time);

    public void Dispose() => process.Dispose();
}
