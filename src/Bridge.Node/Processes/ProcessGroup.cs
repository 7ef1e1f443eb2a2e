using System.Runtime.InteropServices;

namespace Bridge.Node.Processes;

/// <summary>Signals to a process group (kill(2) with a negative pid).</summary>
internal static partial class ProcessGroup
{
    public const int Term = 15;
    public const int Kill = 9;

    // setsid(1) makes the child the leader of its own session and group, then becomes the command: same pid. .NET
    // itself has no way to.
    public static readonly string? Setsid = new[] { "/usr/bin/setsid", "/bin/setsid" }.FirstOrDefault(File.Exists);

    /// <summary>Signals the group that this process leads; where it leads none, the process alone.</summary>
    public static void Signal(int pid, int signal)
    {
        if (Setsid is null || SysKill(-pid, signal) != 0)
            _ = SysKill(pid, signal);
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SysKill(int pid, int signal);
}
