using System.Runtime.InteropServices;

namespace Bridge.Node.Processes;

/// <summary>Process groups (setpgid(2), kill(2)): a process and what it started end together.</summary>
public static partial class ProcessGroup
{
    private const int SigTerm = 15;
    private const int SigKill = 9;

    // setsid(1) makes the child the leader of its own session and group, then becomes the command: same pid. .NET
    // itself has no way to.
    internal static readonly string? Setsid = new[] { "/usr/bin/setsid", "/bin/setsid" }.FirstOrDefault(File.Exists);

    /// <summary>Makes the calling process the leader of a group of its own.</summary>
    public static void Lead() => _ = SetGroup(0, 0);

    /// <summary>Asks the group that a process leads to end; where it leads none, the process alone.</summary>
    public static void Terminate(int pid) => Send(pid, SigTerm);

    /// <summary>Ends the group that a process leads at once; where it leads none, the process alone.</summary>
    public static void Kill(int pid) => Send(pid, SigKill);

    /// <summary>
    /// TERM, and KILL when the grace is over. False: not even that ended it within this patience; it hangs inside the
    /// kernel, or something outside the group keeps its output open.
    /// </summary>
    public static async Task<bool> EndAsync(
        int pid, Task ended, TimeSpan grace, TimeSpan patience, TimeProvider clock)
    {
        Terminate(pid);
        if (await EndsWithinAsync(ended, grace, clock))
            return true;
        Kill(pid);
        return await EndsWithinAsync(ended, patience, clock);
    }

    private static async Task<bool> EndsWithinAsync(Task ended, TimeSpan wait, TimeProvider clock)
    {
        try
        {
            await ended.WaitAsync(wait, clock);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private static void Send(int pid, int signal)
    {
        if (SendSignal(-pid, signal) != 0) _ = SendSignal(pid, signal);
    }

    [LibraryImport("libc", EntryPoint = "setpgid")]
    private static partial int SetGroup(int pid, int group);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int pid, int signal);
}
