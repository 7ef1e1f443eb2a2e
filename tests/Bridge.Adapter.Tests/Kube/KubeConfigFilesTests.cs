using System.Runtime.Versioning;
using System.Text;
using Bridge.Adapter.Tests.Gpu;
using Bridge.Adapter.Tests.KubeFake;
using Bridge.Daemon.Verbs;
using Bridge.Kube.Client;
using Bridge.Testing;
using k8s;
using k8s.Models;

namespace Bridge.Adapter.Tests.Kube;

/// <summary>Kubeconfigs as kubectl finds and merges them, and the credential plugins that they name.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class KubeConfigFilesTests : IAsyncLifetime
{
    private readonly ManualTime time = new();
    private readonly string folder = Directory.CreateTempSubdirectory("bridge-kubeconfig-").FullName;
    private FakeKube kube = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => kube = await FakeKube.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await kube.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Of_several_files_the_first_that_has_an_entry_wins_and_paths_start_at_the_own_file()
    {
        var other = Directory.CreateDirectory($"{folder}/other").FullName;
        File.WriteAllText($"{folder}/token", "first");
        File.WriteAllText($"{other}/token", "second");
        var user = "users: [{name: me, user: {tokenFile: token}}]";
        File.WriteAllText($"{other}/b", $"{Context("b", "me")}\n{Cluster()}\n{user}\ncurrent-context: b");
        File.WriteAllText($"{folder}/a", $"{Context("a", "me")}\ncurrent-context: a");
        File.WriteAllText($"{folder}/c", user);
        string[] paths = [$"{folder}/a", $"{other}/b", $"{folder}/c"];
        Assert.Equal("a-namespace", KubeConfigFile.Read(paths, null, null, time).Namespace);
        var endpoint = KubeConfigFile.Read(paths, "b", null, time);
        Assert.Equal(("b-namespace", $"the token in {other}/token"), (endpoint.Namespace, $"{endpoint.Token}"));
    }

    [Fact]
    public void Files_are_those_of_KUBECONFIG_else_the_one_at_home_and_only_those_that_are_there()
    {
        Directory.CreateDirectory($"{folder}/.kube");
        File.WriteAllText($"{folder}/.kube/config", "");
        File.WriteAllText($"{folder}/a", "");
        Assert.Equal([$"{folder}/a"], KubeConfigFile.Ambient($"{folder}/absent:{folder}/a:", folder));
        Assert.Empty(KubeConfigFile.Ambient($"{folder}/absent", folder));
        Assert.Equal([$"{folder}/.kube/config"], KubeConfigFile.Ambient("", folder));
        Assert.Empty(KubeConfigFile.Ambient(null, null));
    }

    [Fact]
    public async Task Every_verb_finds_its_cluster_by_KUBECONFIG_and_kubeconfig_wins_over_it()
    {
        await using var other = await FakeKube.StartAsync();
        Write("ambient", "token: x");
        var ambient = new Dictionary<string, string> { ["KUBECONFIG"] = $"{folder}/nowhere:{folder}/ambient" };
        var answer = await BridgeProcess.RunAsync(ambient, "plan");
        Assert.Contains("there is no SlurmCluster", answer.Errors, StringComparison.Ordinal);
        Assert.Contains(kube.Requests, r => r.Contains("/slurmclusters", StringComparison.Ordinal));
        var before = kube.Requests.Count;
        Write("named", "token: x", other);
        answer = await BridgeProcess.RunAsync(ambient, "plan", "--kubeconfig", $"{folder}/named");
        Assert.Contains("there is no SlurmCluster", answer.Errors, StringComparison.Ordinal);
        Assert.NotEmpty(other.Requests);
        Assert.Equal(before, kube.Requests.Count);
    }

    [Fact]
    public async Task A_plugin_is_run_with_its_arguments_as_they_are_and_told_of_the_cluster()
    {
        kube.Token = "sesame";
        Script("""
            [ "$1" = "two words" ] && [ "$REGION" = "eu west" ] || exit 7
            case $KUBERNETES_EXEC_INFO in *certificate-authority-data*) ;; *) exit 8 ;; esac
            """ + "\n" + Answer("sesame", "2026-11-01T13:00:00Z"));
        using var client = Client("""
            exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, args: ["two words", "*"],
                   env: [{name: REGION, value: "eu west"}], interactiveMode: IfAvailable, provideClusterInfo: true}
            """);
        await NodesAsync(client);
    }

    [Fact]
    public async Task A_plugin_is_asked_once_for_many_requests_and_again_when_its_token_runs_out_or_is_refused()
    {
        kube.Token = "t1";
        Script($"echo x >>{folder}/runs\nn=$(wc -l <{folder}/runs)\n" + Answer("t$n", "2026-11-01T13:00:00Z"));
        using var client = Client(Exec);
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => NodesAsync(client)));
        Assert.Single(await RunsAsync());
        time.Advance(TimeSpan.FromMinutes(59.9));
        kube.Token = "t2";
        await NodesAsync(client);
        Assert.Equal(2, (await RunsAsync()).Length);
        kube.Token = "t4";
        // Tokens run out as they come by now: one is refused, and the next serves although nobody would keep it.
        await NodesAsync(client);
        Assert.Equal(4, (await RunsAsync()).Length);
    }

    [Theory]
    [InlineData("echo no login >&2; exit 3", "ended with 3: no login")]
    [InlineData("echo sesame", "did not answer with an ExecCredential")]
    [InlineData("""echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1"}'""",
        "did not answer with an ExecCredential of client.authentication.k8s.io/v1")]
    [InlineData("""echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{}}'""",
        "gave no token")]
    public async Task A_plugin_that_gives_no_token_is_a_failure_that_says_so(string script, string expected)
    {
        Script(script);
        using var client = Client(Exec);
        var thrown = await Assert.ThrowsAsync<KubeException>(() => NodesAsync(client));
        Assert.Contains(expected, thrown.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("sesame", thrown.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("exec: {command: x}", "exec.apiVersion '' is not client.authentication.k8s.io/v1")]
    [InlineData("exec: {apiVersion: client.authentication.k8s.io/v1}", "exec.command is not set")]
    [InlineData("exec: {apiVersion: client.authentication.k8s.io/v1, command: x, interactiveMode: Always}",
        "exec.interactiveMode Always is refused")]
    [InlineData("exec: {apiVersion: client.authentication.k8s.io/v1, command: x, next: y}",
        "exec.next is not supported")]
    public void A_plugin_that_cannot_be_run_as_it_is_meant_is_refused(string user, string expected) =>
        Assert.Contains(expected, Assert.Throws<KubeConfigException>(() => Client(user)).Message,
            StringComparison.Ordinal);

    private const string Exec = "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin}";

    private static string Answer(string token, string until) =>
        $"cat <<E\n{{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\","
            + $"\"status\":{{\"token\":\"{token}\",\"expirationTimestamp\":\"{until}\"}}}}\nE\n";

    private static string Context(string name, string user) =>
        $"contexts: [{{name: {name}, context: {{cluster: c, user: {user}, namespace: {name}-namespace}}}}]";

    private Task<string[]> RunsAsync() => File.ReadAllLinesAsync($"{folder}/runs", Cancel);

    private static Task<V1NodeList> NodesAsync(KubeClient client) =>
        client.CallAsync((api, c) => api.CoreV1.ListNodeAsync(cancellationToken: c), Cancel);

    private KubeClient Client(string user)
    {
        Write("config", user);
        var run = CredentialPlugins.Runner(TimeProvider.System);
        return new KubeClient(
            KubeConfigFile.Read([$"{folder}/config"], null, run, time), new KubeLimits(), TimeProvider.System);
    }

    private void Script(string body)
    {
        File.WriteAllText($"{folder}/plugin", $"#!/bin/sh\n{body}\n");
        File.SetUnixFileMode(
            $"{folder}/plugin", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private void Write(string name, string user, FakeKube? server = null) => File.WriteAllText(
        $"{folder}/{name}",
        $"current-context: a\n{Context("a", "me")}\n{Cluster(server)}\n"
            + $"users:\n- name: me\n  user:\n    {user.ReplaceLineEndings("\n    ")}\n");

    private string Cluster(FakeKube? server = null)
    {
        var (address, pem) = ((server ?? kube).Endpoint.Server, (server ?? kube).AuthorityPem);
        var authority = Convert.ToBase64String(Encoding.ASCII.GetBytes(pem));
        return $"clusters: [{{name: c, cluster: {{server: \"{address}\", "
            + $"certificate-authority-data: {authority}}}}}]";
    }
}
