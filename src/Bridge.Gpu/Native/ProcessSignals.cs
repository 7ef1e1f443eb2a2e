using System.Runtime.InteropServices;

namespace Bridge.Gpu.Native;

/// <summary>Process groups and signals: a probe and whatever it started end together.</summary>
public static partial class ProcessSignals
{
    private const int SigTerm = 15;
    private const int SigKill = 9;

    /// <summary>Makes the calling process the leader of a group of its own.</summary>
    public static void LeadOwnGroup() => _ = SetProcessGroup(0, 0);

    /// <summary>Asks a process group to end; the process alone where it has no group of its own yet.</summary>
    public static void Terminate(int pid) => Send(pid, SigTerm);

    /// <summary>Ends a process group at once.</summary>
    public static void Kill(int pid) => Send(pid, SigKill);

    private static void Send(int pid, int signal)
    {
        if (SendSignal(-pid, signal) != 0) _ = SendSignal(pid, signal);
    }

    [LibraryImport("libc", EntryPoint = "setpgid")]
    private static partial int SetProcessGroup(int pid, int group);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int pid, int signal);
}
