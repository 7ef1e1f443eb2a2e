using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Bridge.Bench;

/// <summary>
/// The demo's parts, with as many nodes of eight GPUs as asked for: real slurmctld, slurmdbd, slurmrestd and slurmds,
/// the lab's Kubernetes API, PostgreSQL, and Bridge as the administrator would start it, which can be stopped and
/// started.
/// </summary>
internal sealed partial class DemoLab : IAsyncDisposable
{
    private readonly string name;
    private readonly int nodes;
    private readonly string folder;
    private Dictionary<string, string> env = [];
    private TimeSpan utcOffset;

    private DemoLab(string bench, int nodes)
    {
        name = "bench-" + bench;
        this.nodes = nodes;
        folder = Scripts.LabFolder(name);
    }

    public static async Task<DemoLab> StartAsync(string bench, int nodes)
    {
        var lab = new DemoLab(bench, nodes);
        await lab.DemoAsync("down");
        await lab.StartBridgeAsync();
        var zone = (await lab.SlurmAsync("root", "date", "+%:z")).Trim();
        lab.utcOffset = DateTimeOffset.Parse("2026-01-01T00:00:00" + zone, CultureInfo.InvariantCulture).Offset;
        return lab;
    }

    /// <summary>What the lab says of itself, such as HOOK_SOCKET.</summary>
    public string Value(string key) => env.GetValueOrDefault(key, "");

    public string BridgeProcess => Pid("bridge");

    public string Slurmctld => Pid("slurmctld");

    /// <summary>Starts it where it does not run; it lists jobs when this returns.</summary>
    public async Task StartBridgeAsync()
    {
        await DemoAsync("up");
        env = Scripts.LabEnvironment(folder);
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), TimeProvider.System);
        for (var tries = 1; ; tries++)
            try
            {
                await Scripts.CommandAsync([env["KUBECTL"], .. Jobs, "-o", "name"]);
                return;
            }
            catch (InvalidOperationException) when (tries < 60)
            {
                await timer.WaitForNextTickAsync();
            }
    }

    // As the person who submits.
    private string[] Jobs => ["--kubeconfig", env["KUBECONFIG_ALICE"], "-n", "team-a", "get", "slurmjobs"];

    public async Task StopBridgeAsync()
    {
        using var bridge = Process.GetProcessById(int.Parse(BridgeProcess, CultureInfo.InvariantCulture));
        await Scripts.CommandAsync(["kill", "-TERM", BridgeProcess]);
        await bridge.WaitForExitAsync();
    }

    /// <summary>Submits as alice an array of one-GPU tasks of `true`; its id.</summary>
    public async Task<string> SubmitAsync(int tasks) => (await SlurmAsync("alice", "sbatch", "--parsable",
        string.Create(CultureInfo.InvariantCulture, $"--array=1-{tasks}"), "--gres=gpu:h100:1", "--output=/dev/null",
        "--wrap=true")).Trim();

    /// <summary>
    /// When each task of an array ended, by slurmctld's own log, to the millisecond; read from where the last call
    /// stopped.
    /// </summary>
    public void ReadEnds(string array, ref long position, Dictionary<int, DateTimeOffset> ends)
    {
        using var log = new FileStream(Path.Combine(folder, "slurm", "log", "slurmctld.log"), FileMode.Open,
            FileAccess.Read, FileShare.ReadWrite);
        log.Position = position;
        using var reader = new StreamReader(log);
        var text = reader.ReadToEnd();
        var whole = text.LastIndexOf('\n') + 1;
        position += System.Text.Encoding.UTF8.GetByteCount(text.AsSpan(0, whole));
        foreach (Match end in EndOfTask().Matches(text[..whole]))
            if (end.Groups["array"].Value == array)
                ends[int.Parse(end.Groups["task"].ValueSpan, CultureInfo.InvariantCulture)] = new DateTimeOffset(
                    DateTime.Parse(end.Groups["at"].ValueSpan, CultureInfo.InvariantCulture), utcOffset);
    }

    /// <summary>
    /// `kubectl get slurmjobs --watch`, as the person who submitted: when it first showed each task as COMPLETED.
    /// </summary>
    public Process Watch(ConcurrentDictionary<string, DateTimeOffset> shown)
    {
        var start = new ProcessStartInfo(env["KUBECTL"],
            [.. Jobs, "--watch", "-o", """jsonpath={.status.jobId} {.status.state}{"\n"}"""])
            { RedirectStandardOutput = true };
        var watch = Process.Start(start)!;
        watch.OutputDataReceived += (_, line) =>
        {
            if (line.Data?.Split(' ') is [var job, "COMPLETED"])
                shown.TryAdd(job, TimeProvider.System.GetUtcNow());
        };
        watch.BeginOutputReadLine();
        return watch;
    }

    public async ValueTask DisposeAsync() => await DemoAsync("down");

    private Task<string> DemoAsync(string verb)
    {
        Console.Error.WriteLine($"{name}: scripts/demo {verb}");
        return Scripts.CommandAsync([Path.Combine(Scripts.Repository, "scripts", "demo"), verb],
            new Dictionary<string, string>
            {
                ["BRIDGE_DEMO"] = name,
                ["BRIDGE_DEMO_NODES"] = nodes.ToString(CultureInfo.InvariantCulture),
                ["BRIDGE_CONFIGURATION"] = "Release",
            });
    }

    private Task<string> SlurmAsync(string user, params string[] command) => Scripts.CommandAsync(
        [Path.Combine(Scripts.Repository, "scripts", "slurm-run"), folder, .. command],
        new Dictionary<string, string> { ["AS"] = user });

    private string Pid(string daemon) => File.ReadAllText(Path.Combine(folder, "run", daemon + ".pid")).Split(' ')[0];

    [GeneratedRegex(@"^\[(?<at>[^\]]+)\] _job_complete: JobId=(?<array>\d+)_(?<task>\d+)\(\d+\) done$",
        RegexOptions.Multiline)]
    private static partial Regex EndOfTask();
}
