using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Bridge.Kube.Client;
using Bridge.Node.Processes;
using Bridge.Slurm;
using Bridge.Slurm.Rest;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bridge.Bench;

/// <summary>
/// A real slurmctld and slurmrestd, and the lab's API server, with as many nodes and jobs as asked for.
/// </summary>
internal sealed class SnapshotLab : IAsyncDisposable
{
    private const int NodesAtOnce = 2500;

    private readonly string name;
    private readonly string folder;
    private readonly Dictionary<string, string> env;

    private SnapshotLab(string name, string folder, Dictionary<string, string> env)
    {
        this.name = name;
        this.folder = folder;
        this.env = env;
        Kube = KubeConfigFile.Read(env["KUBECONFIG"], null, TimeProvider.System);
    }

    public KubeEndpoint Kube { get; }

    public static async Task<SnapshotLab> StartAsync(string bench)
    {
        var name = "bench-" + bench;
        await Scripts.RunAsync("slurm-down", name, "--wipe");
        await Scripts.RunAsync("slurm-up", name);
        await Scripts.RunAsync("kube-up", name);
        var folder = Scripts.LabFolder(name);
        var env = Scripts.LabEnvironment(folder);
        var lab = new SnapshotLab(name, folder, env);
        string[] kubectl = [env["KUBECTL"], "--kubeconfig", env["KUBECONFIG"]];
        var crds = Path.Combine(Scripts.Repository, "helm", "bridge", "crds");
        await Scripts.CommandAsync([.. kubectl, "apply", "--server-side", "-f", crds]);
        return lab;
    }

    /// <summary>
    /// Makes nodes without slurmd, all of one kind and none of Bridge's own, which would end them; held jobs of alice,
    /// and Kubernetes nodes.
    /// </summary>
    public async Task FillAsync(int nodes, int jobs)
    {
        using var bridge = await HttpAsync("bridge");
        for (var first = 1; first <= nodes; first += NodesAtOnce)
            await PostAsync(bridge, "slurm/v0.0.45/new/node/", string.Create(CultureInfo.InvariantCulture,
                $$"""
                {"node_conf":"NodeName=gpu-[{{first:D5}}-{{Math.Min(first + NodesAtOnce - 1, nodes):D5}}]
                 NodeAddr=127.0.0.1
                 CPUs=64 RealMemory=1000000 Gres=gpu:h100:8 Feature=h100 Weight=11 State=EXTERNAL"}
                """).ReplaceLineEndings(""));
        Console.Error.WriteLine($"bench snapshot: {nodes} nodes are there");
        using var alice = await HttpAsync("alice");
        await Parallel.ForEachAsync(Enumerable.Range(1, jobs), new ParallelOptions { MaxDegreeOfParallelism = 8 },
            async (number, _) => await PostAsync(alice, "slurm/v0.0.45/job/submit", $$$"""
                {"job":{"name":"train-{{{number}}}","script":"#!/bin/sh\nsleep 60\n","hold":true,"account":"team-a",
                "environment":["PATH=/bin:/usr/bin"],"current_working_directory":"/work",
                "partition":"all","tres_per_node":"gres/gpu:8"}}
                """));
        Console.Error.WriteLine($"bench snapshot: {jobs} jobs are there");
        using var client = new KubeClient(Kube, new KubeLimits(), TimeProvider.System);
        await Parallel.ForEachAsync(Enumerable.Range(1, nodes), new ParallelOptions { MaxDegreeOfParallelism = 8 },
            async (number, cancel) => await client.SendAsync(
                new KubeRequest(HttpMethod.Post, "/api/v1/nodes")
                {
                    Body = Encoding.UTF8.GetBytes(
                        $$$"""{"apiVersion":"v1","kind":"Node","metadata":{"name":"gpu-{{{number}}}"}}"""),
                    ContentType = "application/json",
                },
                Bridge.Kube.Models.KubeKinds.Nodes.Item, cancel));
    }

    public string Value(string key) => env.GetValueOrDefault(key, "");

    public string File(string file) => Path.Combine(folder, file);

    /// <summary>Namespaces, keys, rights and the SlurmCluster: the demo's.</summary>
    public async Task ApplyClusterAsync()
    {
        const string Apply =
            """
            set -eu; . "$1/scripts/lib.sh"; open_lab "$2"; . "$REPO/scripts/lib/manifests.sh"
            apply() { "$3" --kubeconfig "$4" apply --server-side -f "$5"; }
            manifest_base | apply "$@" -; apply "$@" "$REPO/helm/bridge/rbac.yaml"
            manifest_cluster | sed '/^---$/,$d' | apply "$@" -
            """;
        await Scripts.CommandAsync(
            ["bash", "-c", Apply, "bash", Scripts.Repository, folder, env["KUBECTL"], env["KUBECONFIG"]]);
    }

    /// <summary>
    /// A client that tells of more jobs than this Slurm holds: its records with other ids, every second one as if it
    /// ran. All else it asks of Slurm's own client. A shell script.
    /// </summary>
    public async Task<string> ClientOfManyAsync(int jobs)
    {
        string[] read = [.. env["SLURM_CLIENT"].Split(' '), "env", "SLURM_TIME_FORMAT=%s", "SLURM_BITSTR_LEN=0"];
        var real = (await Scripts.CommandAsync([.. read, "scontrol", "--local", "show", "job", "-d", "-o"]))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        await System.IO.File.WriteAllLinesAsync(File("jobs.txt"),
            Enumerable.Range(1, jobs).Select(id => Record(real[id % real.Length], id, now)));
        await System.IO.File.WriteAllLinesAsync(File("ids.txt"),
            Enumerable.Range(1, jobs).Select(id => id.ToString(CultureInfo.InvariantCulture)));
        await System.IO.File.WriteAllTextAsync(File("client.sh"),
            $"""
            case " $* " in
            *' show job '*) exec cat {File("jobs.txt")} ;;
            *' squeue '*) exec cat {File("ids.txt")} ;;
            esac
            exec {env["SLURM_CLIENT"]} "$@"

            """);
        return File("client.sh");
    }

    private static string Record(string real, int id, long now)
    {
        var rest = real[real.IndexOf(' ', StringComparison.Ordinal)..]
            .Replace("JobName=train-", string.Create(CultureInfo.InvariantCulture, $"JobName=train-{id}-"),
                StringComparison.Ordinal);
        if (id % 2 == 0)
            rest = Regex.Replace(rest
                .Replace("JobState=PENDING Reason=JobHeldUser", "JobState=RUNNING Reason=None",
                    StringComparison.Ordinal)
                .Replace(" StartTime=Unknown ", string.Create(CultureInfo.InvariantCulture, $" StartTime={now} "),
                    StringComparison.Ordinal),
                " NodeList=(\\(null\\))? ",
                string.Create(CultureInfo.InvariantCulture, $" NodeList=gpu-{id % 10_000:D5} "));
        return string.Create(CultureInfo.InvariantCulture, $"JobId={id}{rest}");
    }

    /// <summary>Slurm as the daemon reads it, with Slurm's own client.</summary>
    public SlurmPort Port() => new(
        new SlurmOptions
        {
            RestUrl = "unix:" + env["SLURMRESTD_SOCKET"],
            Limits = new SlurmLimits { SocketFolders = [Path.GetDirectoryName(env["SLURMRESTD_SOCKET"])!] },
        },
        Key,
        ClientCommand.Of(env["SLURM_CLIENT"].Split(' '), TimeProvider.System),
        () => true,
        TimeProvider.System, NullLogger<SlurmPort>.Instance);

    /// <summary>slurmrestd as anybody reads it.</summary>
    public async Task<HttpClient> HttpAsync(string user)
    {
        var http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancel) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(env["SLURMRESTD_SOCKET"]), cancel);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        {
            BaseAddress = new Uri("http://slurmrestd/"),
            Timeout = TimeSpan.FromMinutes(5),
        };
        using var tokens = new TokenSource(user, TimeSpan.FromHours(1), Key, TimeProvider.System);
        http.DefaultRequestHeaders.Add("X-SLURM-USER-TOKEN", await tokens.GetAsync(CancellationToken.None));
        return http;
    }

    public string Pid(string daemon) =>
        System.IO.File.ReadAllText(Path.Combine(env["LAB_DIR"], "run", daemon + ".pid")).Split(' ')[0].Trim();

    /// <summary>Resident memory of a daemon, in bytes.</summary>
    public long Resident(string daemon) =>
        long.Parse(System.IO.File.ReadAllText($"/proc/{Pid(daemon)}/statm").Split(' ')[1], CultureInfo.InvariantCulture)
        * Environment.SystemPageSize;

    public async ValueTask DisposeAsync()
    {
        await Scripts.RunAsync("kube-down", name, "--wipe");
        await Scripts.RunAsync("slurm-down", name, "--wipe");
        Directory.Delete(folder, recursive: true);
    }

    private async ValueTask<ReadOnlyMemory<byte>> Key(CancellationToken cancel) =>
        await System.IO.File.ReadAllBytesAsync(env["JWT_KEY_FILE"], cancel);

    private static async Task PostAsync(HttpClient http, string path, string body)
    {
        // slurmrestd refuses a type with a charset.
        using var content = new StringContent(body, new MediaTypeHeaderValue("application/json"));
        using var answer = await http.PostAsync(new Uri(path, UriKind.Relative), content);
        if (!answer.IsSuccessStatusCode)
            throw new InvalidOperationException(
                $"{path}: HTTP {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
    }
}
