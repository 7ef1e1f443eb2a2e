using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Bridge.Node.Processes;

/// <summary>
/// Runs a command to its end: arguments as a list, input, bounded output, a deadline. At the deadline, or when the
/// caller cancels, the whole process group gets TERM, and KILL after the grace. The two pipes are always read, so a
/// talkative command never blocks.
/// </summary>
public static class ProcessRunner
{
    /// <summary>Runs it. Never throws for what the command does, nor for a command that cannot be started.</summary>
    public static async Task<ProcessResult> RunAsync(
        ProcessRequest request, TimeProvider clock, CancellationToken cancel)
    {
        var started = clock.GetTimestamp();
        using var process = new Process { StartInfo = StartInfo(request) };
        try
        {
            if (cancel.IsCancellationRequested)
                return new ProcessResult(ProcessEnd.Cancelled, null, "", "", false, TimeSpan.Zero, null);
            process.Start();
        }
        catch (Exception e) when (e is Win32Exception or FileNotFoundException or DirectoryNotFoundException
            or InvalidOperationException)
        {
            return new ProcessResult(ProcessEnd.NotStarted, null, "", $"{request.Command[0]}: {e.Message}", false,
                TimeSpan.Zero, null);
        }
        using var deadline = new CancellationTokenSource(request.Deadline, clock);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel, deadline.Token);
        var pid = process.Id;
        var output = new BoundedText(request.MaxCharacters);
        var error = new BoundedText(request.MaxCharacters);
        var reading = Task.WhenAll(
            output.ReadAsync(process.StandardOutput),
            error.ReadAsync(process.StandardError),
            WriteAsync(process, request.Input));
        TimeSpan? cpu = null;
        var end = await EndedAsync(reading, over.Token) ? ProcessEnd.Exited : Late(cancel);
        if (end == ProcessEnd.Exited)
        {
            cpu = Cpu(pid); // all output is closed: it is at its end, and mostly not reaped yet
            if (!await EndedAsync(process.WaitForExitAsync(CancellationToken.None), over.Token))
                end = Late(cancel);
        }
        if (end != ProcessEnd.Exited)
        {
            cpu = Cpu(pid);
            await KillAsync(process, pid, reading, request.Grace, clock);
        }
        return new ProcessResult(
            end,
            end == ProcessEnd.Exited ? process.ExitCode : null,
            output.ToString(),
            error.ToString(),
            output.Truncated || error.Truncated,
            clock.GetElapsedTime(started),
            cpu);
    }

    private static ProcessEnd Late(CancellationToken cancel) =>
        cancel.IsCancellationRequested ? ProcessEnd.Cancelled : ProcessEnd.TimedOut;

    private static ProcessStartInfo StartInfo(ProcessRequest request)
    {
        if (request.Command.IsDefaultOrEmpty)
            throw new ArgumentException("the command is empty", nameof(request));
        var own = ProcessGroup.Setsid is { } setsid && Exists(request.Command[0]) ? setsid : null;
        var start = new ProcessStartInfo(own ?? request.Command[0])
        {
            WorkingDirectory = request.WorkingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var argument in own is null ? request.Command.Skip(1) : request.Command)
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in request.Environment)
            start.Environment[name] = value;
        return start;
    }

    // Without this a missing command would be setsid's exit code 127 instead of "could not be started".
    private static bool Exists(string command) =>
        command.Contains('/', StringComparison.Ordinal)
            ? File.Exists(command)
            : (Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin").Split(':')
                .Any(folder => File.Exists(Path.Combine(folder, command)));

    private static async Task<bool> EndedAsync(Task work, CancellationToken over)
    {
        var late = new TaskCompletionSource();
        await using var registration = over.Register(late.SetResult);
        if (await Task.WhenAny(work, late.Task) != work)
            return false;
        await work;
        return true;
    }

    private static async Task KillAsync(Process process, int pid, Task reading, TimeSpan grace, TimeProvider clock)
    {
        ProcessGroup.Terminate(pid);
        using var patience = new CancellationTokenSource(grace, clock);
        var exit = process.WaitForExitAsync(CancellationToken.None);
        if (!await EndedAsync(Task.WhenAll(exit, reading), patience.Token))
            ProcessGroup.Kill(pid);
        // A grandchild that left the group may hold the pipes open for ever: its output is not waited for.
        using var last = new CancellationTokenSource(grace, clock);
        await EndedAsync(exit, last.Token);
    }

    private static async Task WriteAsync(Process process, string input)
    {
        try
        {
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The command closed its input, or ended, without reading it all: its exit code tells whether that was an
            // error.
        }
    }

    // /proc/PID/stat, proc(5): utime, stime, cutime, cstime are fields 14 to 17, in clock ticks of 1/100 s.
    private static TimeSpan? Cpu(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            var ticks = fields[11..15].Sum(f => long.Parse(f, CultureInfo.InvariantCulture));
            return TimeSpan.FromMilliseconds(ticks * 10);
        }
        catch (Exception e)
            when (e is IOException or UnauthorizedAccessException or FormatException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }
}
