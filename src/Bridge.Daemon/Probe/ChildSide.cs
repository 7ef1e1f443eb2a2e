using System.Diagnostics;
using Bridge.Node.Processes;

namespace Bridge.Daemon.Probe;

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
