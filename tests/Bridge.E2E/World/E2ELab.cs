using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Bridge.Kube.Client;
using Bridge.Lab.Faults;

namespace Bridge.E2E.World;

/// <summary>
/// One lab for all tests: real slurmctld, slurmdbd, slurmrestd, PostgreSQL and Kubernetes API machinery, the node
/// runtime, Bridge, and a fault proxy before each of the two servers that Bridge speaks to.
/// </summary>
public sealed partial class E2ELab : IAsyncLifetime
{
    private static readonly JsonTypeInfo<JsonObject> Json =
        (JsonTypeInfo<JsonObject>)JsonSerializerOptions.Default.GetTypeInfo(typeof(JsonObject));

    private readonly List<BridgeProcess> bridges = [];
    private readonly List<Regex> declared = [];
    private readonly string name = $"e2e-{Environment.ProcessId}";
    private BridgeProcess? labRuntime;
    private TcpBalancer? balancer;

    /// <summary>The Bridge that last went past the proxies.</summary>
    private BridgeProcess? direct;
    private KubeClient? kube;
    private Dictionary<string, string> env = [];
    private int started;

    /// <summary>Empty when the tests can run here.</summary>
    public string WhyNot { get; private set; } = "";

    internal string Folder { get; private set; } = "";

    /// <summary>Between Bridge and the API server.</summary>
    internal FaultProxy KubeProxy { get; private set; } = null!;

    /// <summary>Between Bridge and slurmrestd.</summary>
    internal FaultProxy SlurmProxy { get; private set; } = null!;

    /// <summary>The Bridge that serves the lab while a test does not do it itself.</summary>
    internal BridgeProcess Bridge => bridges[^1];

    /// <summary>Whether BRIDGE_LAB_KUBECONFIG names the cluster: its API server is not ours to restart.</summary>
    internal bool OnRealCluster => this["KUBE_EXTERNAL"] == "true";

    internal string this[string key] => env.GetValueOrDefault(key, "");

    private static string Repository
    {
        get
        {
            var at = new DirectoryInfo(AppContext.BaseDirectory);
            while (at is not null && !File.Exists(Path.Combine(at.FullName, "Bridge.sln")))
                at = at.Parent;
            return at?.FullName ?? throw new InvalidOperationException("Bridge.sln is not above the tests");
        }
    }

    public async ValueTask InitializeAsync()
    {
        WhyNot = Missing();
        if (WhyNot.Length > 0)
            return;
        await LeftLabs.EndAsync(Repository);
        Folder = Path.Combine(LeftLabs.Root, name);
        var up = await Task.WhenAll(ScriptAsync("slurm-up"), ScriptAsync("kube-up"), ScriptAsync("postgres-up"));
        foreach (var result in up)
            result.Ok();
        env = File.ReadLines(Path.Combine(Folder, "env")).Select(l => l.Split('=', 2)).ToDictionary(l => l[0], l =>
            l[1]);
        Directory.CreateDirectory(Path.Combine(Folder, "log"));
        kube = new KubeClient(KubeConfigFile.Read(this["KUBECONFIG"], null, TimeProvider.System), new KubeLimits(),
            TimeProvider.System);
        await StartProxiesAsync();
        balancer = new TcpBalancer(
            new IPEndPoint(IPAddress.Parse(this["AGGREGATE_ADDRESS"]), int.Parse(this["AGGREGATE_PORT"],
                CultureInfo.InvariantCulture)),
            () => [.. bridges.Where(b => b.Running).Select(b => b.JobApi)]);
        await KubectlAsync("apply", "--server-side", "-f", Path.Combine(Repository, "helm/bridge/crds"));
        await KubectlAsync("wait", "--for=condition=Established", "--timeout=30s", "crd/slurmclusters.slurmbridge.io",
            "crd/nodepools.slurmbridge.io", "crd/partitionpolicies.slurmbridge.io");
        await ApplyAsync(await Manifests.BaseAsync(Repository, name));
        await ApplyRightsAsync();
        labRuntime = BridgeProcess.Start("lab", Log("lab"),
            ["run", "--kubeconfig", this["KUBECONFIG"], "--env", Path.Combine(Folder, "env"),
                .. OnRealCluster ? (string[])["--no-scheduler"] : []],
            ledger: "", program: "bridge-lab");
        LeftLabs.Remember(Folder, labRuntime.Id);
    }

    public async ValueTask DisposeAsync()
    {
        if (WhyNot.Length > 0 || Folder.Length == 0)
            return;
        if (balancer is not null)
            await balancer.DisposeAsync();
        foreach (var bridge in bridges)
            await bridge.DisposeAsync();
        if (labRuntime is not null)
        {
            await labRuntime.StopAsync(TimeSpan.FromSeconds(40));
            await labRuntime.DisposeAsync();
        }
        foreach (var proxy in new[] { KubeProxy, SlurmProxy })
            if (proxy is not null)
                await proxy.DisposeAsync();
        kube?.Dispose();
        var keep = Environment.GetEnvironmentVariable("BRIDGE_E2E_KEEP_LOGS");
        if (!string.IsNullOrEmpty(keep))
            await Shell.RunAsync(["cp", "-r", Path.Combine(Folder, "log"), keep]);
        await LeftLabs.WipeAsync(Repository, Folder);
    }

    /// <summary>Runs one of scripts/ on this lab, such as ("slurmctld", "restart").</summary>
    internal Task<CommandResult> ScriptAsync(string verb, params string[] arguments) =>
        Shell.RunAsync([Path.Combine(Repository, "scripts", verb), name, .. arguments]);

    /// <summary>A command of Slurm as root.</summary>
    internal Task<CommandResult> SlurmAsync(params string[] command) => ScriptAsync("slurm-run", command);

    /// <summary>A command of Slurm as alice.</summary>
    internal Task<CommandResult> AliceAsync(params string[] command) => Shell.RunAsync(
        [Path.Combine(Repository, "scripts/slurm-run"), name, .. command], "", new Dictionary<string,
            string> { ["AS"] = "alice" });

    /// <summary>kubectl as the administrator, not through the proxy. Its output; a refusal fails the test.</summary>
    internal async Task<string> KubectlAsync(params string[] arguments) => (await TryKubectlAsync(arguments)).Ok();

    internal Task<CommandResult> TryKubectlAsync(params string[] arguments) =>
        Shell.RunAsync([this["KUBECTL"], "--kubeconfig", this["KUBECONFIG"], .. arguments]);

    internal async Task ApplyAsync(string manifest) => (await Shell.RunAsync(
        [this["KUBECTL"], "--kubeconfig", this["KUBECONFIG"], "apply", "--server-side", "--force-conflicts",
            "--field-manager=e2e", "-f", "-"],
        manifest)).Ok();

    /// <summary>What Bridge may do, as the repository has it.</summary>
    internal async Task ApplyRightsAsync() =>
        await ApplyAsync(await File.ReadAllTextAsync(Path.Combine(Repository, "helm/bridge/rbac.yaml")));

    /// <summary>A verb of `bridge-lab`, such as ("taint-gpu", "gpu-1", "gpu-3").</summary>
    internal async Task<string> LabVerbAsync(params string[] arguments) => (await Shell.RunAsync(
        [Path.Combine(AppContext.BaseDirectory, "bridge-lab"), .. arguments, "--kubeconfig",
            this["KUBECONFIG"]])).Ok();

    /// <summary>Starts a Bridge that speaks to both servers through the proxies.</summary>
    /// <param name="role">Begins the identity of its lease.</param>
    /// <param name="direct">To the API server it speaks directly: what befalls the other Bridge spares it.</param>
    internal BridgeProcess StartBridge(string role, bool direct = false) =>
        StartBridgeAs($"{role}-{started + 1}", direct);

    /// <summary>
    /// Starts a Bridge after one that was killed, under the same identity, as a container's is. The dead one's lease is
    /// taken away, because nobody else can be acting under it: waiting for it to lapse is what the tests with two
    /// Bridges are about.
    /// </summary>
    internal async Task<BridgeProcess> RestartBridgeAsync()
    {
        await Bridge.Kill9Async();
        await TryKubectlAsync("-n", "slurm", "delete", "lease", "bridge", "--ignore-not-found");
        return StartBridgeAs(Bridge.Name, direct: false);
    }

    private BridgeProcess StartBridgeAs(string identity, bool direct)
    {
        var config = direct ? this["KUBECONFIG_BRIDGE"] : Path.Combine(Folder, "proxied.kubeconfig");
        var (jobApi, metrics) = (BridgeProcess.FreeAddress(), BridgeProcess.FreeAddress());
        var bridge = BridgeProcess.Start(identity, Log($"bridge-{++started}-{identity}"),
        [
            "run", "--kubeconfig", config, "--namespace", "slurm",
            "--identity", identity, "--hook-socket", this["HOOK_SOCKET"],
            "--metrics-listen", $"{metrics}", "--api-listen", $"{jobApi}", "--api-cert", this["AGGREGATE_CERT"],
            "--api-key", this["AGGREGATE_KEY"],
            .. this["REQUESTHEADER_CA"] is { Length: > 0 } ca ? (string[])["--api-requestheader-ca", ca,
                "--api-requestheader-allowed-names", this["REQUESTHEADER_NAME"]] : [],
        ], this["POSTGRES"]);
        (bridge.JobApi, bridge.Metrics) = (jobApi, metrics);
        bridges.Add(bridge);
        this.direct = direct ? bridge : this.direct;
        LeftLabs.Remember(Folder, bridge.Id);
        return bridge;
    }

    /// <summary>Sends the node runtime, which is every node's kubelet, a signal such as STOP.</summary>
    internal async Task SignalKubeletAsync(string signal) =>
        (await Shell.RunAsync(["kill", $"-{signal}", $"{labRuntime!.Id}"])).Ok();

    /// <summary>Every step that any Bridge of this run has done so far, in the order of the Bridges' starts.</summary>
    internal IReadOnlyList<string> Steps() => [.. bridges.SelectMany(b => b.Steps)];

    /// <summary>Declares lines of level Error that this test provokes.</summary>
    internal void Declare(string pattern) => declared.Add(new Regex(pattern));

    internal void Heal()
    {
        KubeProxy.Script.Clear();
        SlurmProxy.Script.Clear();
    }

    internal IReadOnlyList<string> UndeclaredErrors()
    {
        var errors = bridges.SelectMany(b => b.Errors).Where(e => !declared.Any(d => d.IsMatch(e))).ToList();
        foreach (var told in errors)
            declared.Add(new Regex(Regex.Escape(told)));
        return errors;
    }

    /// <summary>Reads one object or list of the API server, not through the proxy.</summary>
    internal Task<JsonObject> GetAsync(string path) =>
        kube!.SendAsync(new KubeRequest(HttpMethod.Get, path), Json, TestContext.Current.CancellationToken);

    private async Task StartProxiesAsync()
    {
        var endpoint = KubeConfigFile.Read(this["KUBECONFIG_BRIDGE"], null, TimeProvider.System);
        var pki = Path.Combine(Folder, "kube", "pki");
        // TLS and HTTP/2, as Bridge speaks without a proxy.
        var certificate = X509Certificate2.CreateFromPemFile(Path.Combine(pki, "proxy.crt"), Path.Combine(pki,
            "proxy.key"));
        var random = new Random(1);
        KubeProxy = await FaultProxy.StartAsync(
            FaultUpstream.ApiServer(endpoint), certificate, random, TimeProvider.System, CancellationToken.None);
        SlurmProxy = await FaultProxy.StartAsync(
            FaultUpstream.Unix(this["SLURMRESTD_SOCKET"]), null, random, TimeProvider.System, CancellationToken.None);
        var token = endpoint.Token is { } bearer
            ? $"token: \"{await bearer.CurrentAsync(CancellationToken.None)}\"" : "";
        await File.WriteAllTextAsync(Path.Combine(Folder, "proxied.kubeconfig"),
            $$"""
            apiVersion: v1
            kind: Config
            clusters:
            - name: proxy
              cluster: {server: "https://127.0.0.1:{{KubeProxy.Address.Port}}", certificate-authority: "{{pki}}/ca.crt"}
            users:
            - name: bridge
              user: { {{token}} }
            contexts:
            - {name: proxy, context: {cluster: proxy, user: bridge} }
            current-context: proxy
            """);
    }

    private string Log(string of) => Path.Combine(Folder, "log", $"{of}.log");

    private static string Missing()
    {
        if (Environment.UserName != "root")
            return "the lab needs root: namespaces and device nodes";
        var cache = Environment.GetEnvironmentVariable("BRIDGE_CACHE") ?? "/var/cache/bridge";
        return Directory.Exists(Path.Combine(cache, "rootfs-26.05/cluster")) && File.Exists(Path.Combine(cache,
            "apiserver/bin/labapi"))
            ? ""
            : $"there is no Slurm and API server in {cache}: run scripts/setup";
    }
}
