using System.Diagnostics;
using Bridge.Control.Ports;
using Bridge.Node.Processes;
using Bridge.Slurm;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bridge.Adapter.Tests.Slurm;

/// <summary>
/// A real Slurm of its own, by scripts/slurm-up, with slurmd pods by scripts/pod; ended and wiped afterwards. Where it
/// cannot be run
/// (no root, no root filesystem from scripts/setup) its tests fail with that sentence.
/// </summary>
public sealed class SlurmLab : IAsyncLifetime
{
    private static readonly string Repository = FindRepository();

    private readonly string name = "slurm-test-" + Environment.ProcessId;
    private readonly List<Process> pods = [];
    private Dictionary<string, string> env = [];

    /// <summary>Why there is no lab; "" when there is one.</summary>
    public string Missing { get; private set; } = "";

    public string Socket => env["SLURMRESTD_SOCKET"];

    public async ValueTask InitializeAsync()
    {
        var cache = Environment.GetEnvironmentVariable("BRIDGE_CACHE") ?? "/var/cache/bridge";
        var root = Environment.GetEnvironmentVariable("BRIDGE_SLURM_ROOTFS") ?? Path.Combine(cache, "rootfs-26.05");
        if (Environment.UserName != "root" || !Directory.Exists(Path.Combine(root, "cluster")))
        {
            Missing = "needs root and the root filesystem that scripts/setup makes";
            return;
        }
        await ScriptAsync("slurm-up", name);
        var lab = Path.Combine(Environment.GetEnvironmentVariable("BRIDGE_LAB") ?? "/var/tmp/bridge-lab", name);
        env = File.ReadAllLines(Path.Combine(lab, "env")).Select(l => l.Split('=', 2))
            .ToDictionary(p => p[0], p => p[1]);
    }

    public async ValueTask DisposeAsync()
    {
        if (Missing.Length > 0)
            return;
        await ScriptAsync("slurm-down", name, "--wipe");
        foreach (var pod in pods)
        {
            await pod.WaitForExitAsync();
            pod.Dispose();
        }
        Directory.Delete(env["LAB_DIR"], recursive: true);
    }

    /// <summary>A port on this lab; with Slurm's own client when asked for.</summary>
    public SlurmPort Port(bool client = false, Func<SlurmOptions, SlurmOptions>? change = null)
    {
        // The tests look ten times a second, where Bridge looks every two: that is no matter of the budget.
        var limits = new SlurmLimits { SocketFolders = [Path.GetDirectoryName(Socket)!] };
        var options = new SlurmOptions { RestUrl = "unix:" + Socket, User = "bridge", ReadBudget = 1, Limits = limits };
        return new SlurmPort(
            change is null ? options : change(options),
            async cancel => await File.ReadAllBytesAsync(env["JWT_KEY_FILE"], cancel),
            client ? Client() : null,
            () => true,
            TimeProvider.System,
            NullLogger<SlurmPort>.Instance);
    }

    /// <summary>Slurm's client as the daemon runs it: the prefix that --slurm-client holds.</summary>
    public SlurmTextClient Client() => ClientCommand.Of(env["SLURM_CLIENT"].Split(' '), TimeProvider.System);

    /// <summary>Runs a Slurm command as root, or as a user, and gives its output.</summary>
    public async Task<string> RunAsync(string user, params string[] command)
    {
        var prefix = user == "root" ? Array.Empty<string>()
            : ["setpriv", "--reuid", user, "--regid", user, "--init-groups", "--"];
        return await CommandAsync([.. env["SLURM_CLIENT"].Split(' '), .. prefix, .. command]);
    }

    /// <summary>Starts a slurmd pod with four fake h100 and waits for nothing.</summary>
    public void StartPod(string node, int octet)
    {
        var folder = Path.Combine(env["LAB_DIR"], "pods-" + node);
        Directory.CreateDirectory(Path.Combine(folder, "secrets"));
        File.Copy(env["SLURM_KEY_FILE"], Path.Combine(folder, "secrets", "slurm.key"), overwrite: true);
        File.WriteAllLines(Path.Combine(folder, "gpus"), Enumerable.Range(0, 4).Select(i => $"/dev/bridge/h100-{i}"));
        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = folder };
        foreach (var argument in new[]
            {
                "-c", "exec \"$0\" \"$@\" >slurmd.out 2>&1 </dev/null", Path.Combine(Repository, "scripts", "pod"),
                    name, folder, node, $"10.231.1.{octet}", "--", "slurmd", "-D", "-Z", "--conf-server",
                    env["CONF_SERVER"], "-N", node, "--conf",
                "CPUs=4 RealMemory=2000 Feature=lab,k8s/pool-lab Gres=gpu:h100:4",
            })
            start.ArgumentList.Add(argument);
        pods.Add(Process.Start(start)!);
    }

    private static Task<string> ScriptAsync(string script, params string[] arguments) =>
        CommandAsync([Path.Combine(Repository, "scripts", script), .. arguments]);

    /// <summary>The lab's daemon: slurmctld or slurmrestd, with stop, start, restart, hang, continue.</summary>
    public Task DaemonAsync(string daemon, string action) => ScriptAsync(daemon, name, action);

    private static async Task<string> CommandAsync(string[] command)
    {
        var request = new ProcessRequest { Command = [.. command], Deadline = TimeSpan.FromMinutes(2) };
        // The scripts look for labs and for what set-up made where this process does.
        request = request with
        {
            Inherited = [.. request.Inherited, "BRIDGE_LAB", "BRIDGE_CACHE", "BRIDGE_SLURM_ROOTFS"],
        };
        var result = await ProcessRunner.RunAsync(request, TimeProvider.System, CancellationToken.None);
        Assert.True(result.ExitCode == 0,
            $"{string.Join(' ', command)}: {result.Describe()}\n{result.Output}{result.Error}");
        return result.Output;
    }

    private static string FindRepository()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Bridge.sln")))
            folder =
                Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("no Bridge.sln above "
                + AppContext.BaseDirectory);
        return folder;
    }
}
