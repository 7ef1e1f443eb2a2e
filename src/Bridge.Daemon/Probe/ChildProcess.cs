using System.Diagnostics;
using Bridge.Node.Processes;

namespace Bridge.Daemon.Probe;

/// <summary>How a probe child ended.</summary>
internal enum ChildEnd
{
    /// <summary>It ended by itself with 0.</summary>
    Answered,

    /// <summary>It ended by itself with something else, or by a signal that nobody here sent.</summary>
    Crashed,

    /// <summary>It was ended at its deadline.</summary>
    TimedOut,

    /// <summary>It never came as far as its own code: a slow or starved machine, no word on its GPUs.</summary>
    NeverBegan,

    /// <summary>It did not even end by KILL: it hangs inside the kernel.</summary>
    Stuck,

    /// <summary>The caller gave up.</summary>
    Cancelled,
}

/// <summary>The end of a child: its answer, its last lines of complaint, and the native call that it was in.</summary>
internal sealed record ChildResult(ChildEnd End, int? ExitCode, string Complaint, string? LastCall, TimeSpan Took);

/// <summary>
/// A short-lived child of this same program for native calls that may hang or crash. The child leads a process group of
/// its own and ends by itself when its standard input closes, so it never outlives this process.
/// </summary>
internal sealed class ChildProcess(TimeProvider time, TimeSpan deadline)
{
    /// <summary>
    /// A line of the child's standard error that begins like this names the native call that comes next.
    /// </summary>
    public const string CallMark = "@ ";

    /// <summary>
    /// The first line of the child's standard error. Its deadline begins here: how long a busy machine takes to start
    /// a process says nothing about what the process asks for.
    /// </summary>
    public const string BeginMark = "@";

    /// <summary>How long a child may take to begin.</summary>
    public static readonly TimeSpan BeginLimit = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LastWait = TimeSpan.FromSeconds(5);

    private readonly Queue<string> complaints = new();
    private string? lastCall;
    private bool began;

    /// <summary>Runs the child; every line of its standard output goes to <paramref name="onLine"/>.</summary>
    /// <param name="verb">Arguments after "probe".</param>
    /// <param name="environment">Variables to set for the child.</param>
    /// <param name="onLine">Returns true where the line proves life, which starts the deadline again.</param>
    /// <param name="cancel">Ends the child early.</param>
    public async Task<ChildResult> RunAsync(
        IReadOnlyList<string> verb, IReadOnlyDictionary<string, string> environment, Func<string, bool> onLine,
        CancellationToken cancel)
    {
        var began = time.GetTimestamp();
        using var process = Process.Start(Describe(verb, environment))
            ?? throw new InvalidOperationException("the probe child did not start");
        using var late = new CancellationTokenSource(BeginLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
        var output = ReadOutputAsync(process.StandardOutput, line =>
        {
            if (onLine(line)) late.CancelAfter(deadline);
        });
        var errors = ReadErrorsAsync(process.StandardError, () => late.CancelAfter(deadline));
        ChildEnd end;
        try
        {
            await process.WaitForExitAsync(either.Token);
            await Task.WhenAll(output, errors).WaitAsync(Grace, time, CancellationToken.None);
            end = process.ExitCode == 0 ? ChildEnd.Answered : ChildEnd.Crashed;
        }
        catch (OperationCanceledException)
        {
            var exit = process.WaitForExitAsync(CancellationToken.None);
            end = await ProcessGroup.EndAsync(process.Id, exit, Grace, LastWait, time)
                ? cancel.IsCancellationRequested ? ChildEnd.Cancelled
                    : this.began ? ChildEnd.TimedOut : ChildEnd.NeverBegan
                : ChildEnd.Stuck;
        }
        catch (TimeoutException)
        {
            // It ended, but something that it started still holds its output: the group goes with it.
            ProcessGroup.Kill(process.Id);
            end = process.ExitCode == 0 ? ChildEnd.Answered : ChildEnd.Crashed;
        }
        lock (complaints)
        {
            return new ChildResult(
                end, process.HasExited ? process.ExitCode : null, string.Join('\n', complaints), lastCall,
                time.GetElapsedTime(began));
        }
    }

    private static ProcessStartInfo Describe(
        IReadOnlyList<string> verb, IReadOnlyDictionary<string, string> environment)
    {
        var self = Environment.ProcessPath ?? throw new InvalidOperationException("this process has no path");
        var start = new ProcessStartInfo(self)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Started as "dotnet bridge.dll", the program is an argument of its host.
        if (Path.GetFileNameWithoutExtension(self) == "dotnet")
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "bridge.dll"));
        start.ArgumentList.Add("probe");
        foreach (var argument in verb) start.ArgumentList.Add(argument);
        // The child is this program with the libraries of this machine, which are told a lot by the environment; only
        // what is secret stays behind.
        start.Environment.Remove("BRIDGE_LEDGER");
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return start;
    }

    private static async Task ReadOutputAsync(StreamReader reader, Action<string> onLine)
    {
        while (await reader.ReadLineAsync() is { } line) onLine(line);
    }

    private async Task ReadErrorsAsync(StreamReader reader, Action onBegin)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (complaints)
            {
                if (line == BeginMark && !began)
                {
                    began = true;
                    onBegin();
                    continue;
                }
                if (line.StartsWith(CallMark, StringComparison.Ordinal))
                {
                    lastCall = line[CallMark.Length..];
                    continue;
                }
                complaints.Enqueue(line);
                if (complaints.Count > 20) complaints.Dequeue();
            }
        }
    }
}

/// <summary>What every probe child does before its first native call.</summary>
internal static class ChildSide
{
    /// <summary>
    /// Leads a group of its own, and dies when the parent does: a thread waits for the end of standard input, because
    /// the main thread may never come back from a native call.
    /// </summary>
    public static void Begin()
    {
        ProcessGroup.Lead();
        Console.Error.WriteLine(ChildProcess.BeginMark);
        var lifeline = new Thread(WaitForParent) { IsBackground = true, Name = "lifeline" };
        lifeline.Start();
    }

    /// <summary>Tells the parent which native call comes next.</summary>
    public static Action<string> Trace()
    {
        var errors = new StreamWriter(Console.OpenStandardError()) { AutoFlush = true };
        return name => errors.Write($"{ChildProcess.CallMark}{name}\n");
    }

    /// <summary>The kernel's boot id; empty where the kernel does not tell.</summary>
    public static string BootId()
    {
        const string file = "/proc/sys/kernel/random/boot_id";
        return File.Exists(file) ? File.ReadAllText(file).Trim() : "";
    }

    private static void WaitForParent()
    {
        using var input = Console.OpenStandardInput();
        while (input.ReadByte() >= 0)
        {
        }
        using var self = Process.GetCurrentProcess();
        self.Kill();
    }
}
