using System.Buffers;
using System.ComponentModel;
using System.Diagnostics;
using CliWrap;

namespace Bridge.Node.Processes;

/// <summary>
/// Runs a command to its end: arguments as a list, input, bounded output, a deadline. CliWrap starts it and moves the
/// bytes; at the deadline, or when the caller cancels, the whole process group gets TERM, and KILL after the grace,
/// which CliWrap knows nothing of.
/// </summary>
public static class ProcessRunner
{
    /// <summary>Runs it. Never throws for what the command does, nor for a command that cannot be started.</summary>
    public static async Task<ProcessResult> RunAsync(
        ProcessRequest request, TimeProvider clock, CancellationToken cancel)
    {
        var started = clock.GetTimestamp();
        var (output, error) = (new BoundedText(request.MaxCharacters), new BoundedText(request.MaxCharacters));
        var command = Describe(request)
            .WithStandardInputPipe(PipeSource.FromString(request.Input))
            .WithStandardOutputPipe(request.Read is { } read ? Pieces(read) : output.Target)
            .WithStandardErrorPipe(error.Target);
        if (cancel.IsCancellationRequested)
            return new ProcessResult(ProcessEnd.Cancelled, null, "", "", false, TimeSpan.Zero);
        CommandTask<CommandResult> running;
        try
        {
            running = command.ExecuteAsync(
                start => SetEnvironment(start, request), null, CancellationToken.None, CancellationToken.None);
        }
        catch (Exception e) when (e is Win32Exception or IOException or InvalidOperationException)
        {
            return new ProcessResult(
                ProcessEnd.NotStarted, null, "", $"{request.Command[0]}: {e.Message}", false, TimeSpan.Zero);
        }
        var end = await EndAsync(running, request, clock, cancel);
        return new ProcessResult(
            end,
            end == ProcessEnd.Exited ? running.Task.Result.ExitCode : null,
            output.ToString(),
            error.ToString(),
            output.Truncated || error.Truncated,
            clock.GetElapsedTime(started));
    }

    private static PipeTarget Pieces(Action<ReadOnlySpan<byte>> read) => PipeTarget.Create(async (stream, cancel) =>
    {
        var buffer = ArrayPool<byte>.Shared.Rent(64 << 10);
        for (int count; (count = await stream.ReadAsync(buffer, cancel)) > 0;)
            read(buffer.AsSpan(0, count));
        ArrayPool<byte>.Shared.Return(buffer);
    });

    private static async Task<ProcessEnd> EndAsync(
        CommandTask<CommandResult> running, ProcessRequest request, TimeProvider clock, CancellationToken cancel)
    {
        try
        {
            await running.Task.WaitAsync(request.Deadline, clock, cancel);
            return ProcessEnd.Exited;
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            // One that even KILL does not end hangs inside the kernel, and a grandchild that left the group may hold
            // the pipes open for ever: neither is waited for.
            await ProcessGroup.EndAsync(running.ProcessId, running.Task, request.Grace, request.Grace, clock);
            return e is TimeoutException ? ProcessEnd.TimedOut : ProcessEnd.Cancelled;
        }
    }

    private static Command Describe(ProcessRequest request)
    {
        if (request.Command.IsDefaultOrEmpty)
            throw new ArgumentException("the command is empty", nameof(request));
        var setsid = Exists(request.Command[0]) ? ProcessGroup.Setsid : null;
        return Cli.Wrap(setsid ?? request.Command[0])
            .WithArguments(setsid is null ? request.Command.Skip(1) : request.Command)
            .WithWorkingDirectory(request.WorkingDirectory)
            .WithValidation(CommandResultValidation.None);
    }

    private static void SetEnvironment(ProcessStartInfo start, ProcessRequest request)
    {
        start.Environment.Clear();
        foreach (var name in request.Inherited)
            if (Environment.GetEnvironmentVariable(name) is { } value)
                start.Environment[name] = value;
        foreach (var (name, value) in request.Environment)
            start.Environment[name] = value;
    }

    // Without this a missing command would be setsid's exit code 127 instead of "could not be started".
    private static bool Exists(string command) =>
        command.Contains('/', StringComparison.Ordinal)
            ? File.Exists(command)
            : (Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin").Split(':')
                .Any(folder => File.Exists(Path.Combine(folder, command)));
}
