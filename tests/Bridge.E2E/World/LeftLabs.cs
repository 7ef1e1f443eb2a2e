namespace Bridge.E2E.World;

/// <summary>Labs of test runs that were killed before they could end theirs, and how a lab is ended.</summary>
internal static class LeftLabs
{
    private const string Prefix = "e2e-";

    public static string Root => Environment.GetEnvironmentVariable("BRIDGE_LAB") ?? "/var/tmp/bridge-lab";

    /// <summary>Ends every lab whose test process is gone.</summary>
    public static async Task EndAsync(string repository)
    {
        if (!Directory.Exists(Root))
            return;
        foreach (var folder in Directory.GetDirectories(Root, Prefix + "*"))
            if (!Directory.Exists($"/proc/{Path.GetFileName(folder)[Prefix.Length..]}"))
                await WipeAsync(repository, folder);
    }

    /// <summary>Notes a process that the scripts do not know of.</summary>
    public static void Remember(string folder, int pid) => File.AppendAllText(Pids(folder), $"{pid}\n");

    public static async Task WipeAsync(string repository, string folder)
    {
        if (File.Exists(Pids(folder)))
            foreach (var pid in await File.ReadAllLinesAsync(Pids(folder)))
                if (CommandLine(pid).Contains(folder, StringComparison.Ordinal))
                    await Shell.RunAsync(["kill", "-KILL", pid]);
        foreach (var verb in (string[])["slurm-down", "kube-down", "postgres-down"])
            await Shell.RunAsync([Path.Combine(repository, "scripts", verb), folder, "--wipe"]);
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    private static string Pids(string folder) => Path.Combine(folder, "run", "e2e.pids");

    // The pid may be somebody else's by now; ours name the lab in their options.
    private static string CommandLine(string pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline");
        }
        catch (IOException)
        {
            return "";
        }
    }
}
