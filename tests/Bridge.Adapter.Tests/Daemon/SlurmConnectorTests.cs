using System.CommandLine;
using System.Text.Json.Nodes;
using Bridge.Adapter.Tests.ApiServer;
using Bridge.Adapter.Tests.KubeFake;
using Bridge.Adapter.Tests.Slurm;
using Bridge.Core.Policy;
using Bridge.Core.View;
using Bridge.Daemon.Run;
using Bridge.Daemon.Settings;
using Bridge.Daemon.Verbs;
using Bridge.Kube.Client;
using Bridge.Kube.Models;
using Bridge.Slurm;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bridge.Adapter.Tests.Daemon;

/// <summary>How the daemon comes to a connection to Slurm: Secrets, authorities and text clients.</summary>
public sealed class SlurmConnectorTests : IAsyncLifetime
{
    private const string Namespace = "slurm";

    private readonly string folder = Directory.CreateTempSubdirectory("bridge-connect-").FullName;
    private FakeKube kube = null!;
    private FakeSlurmrestd slurm = null!;
    private KubeClient client = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        kube = await FakeKube.StartAsync();
        slurm = await FakeSlurmrestd.StartAsync();
        client = kube.Client(TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await kube.DisposeAsync();
        await slurm.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_Secret_that_does_not_allow_the_address_is_not_used_and_what_to_set_is_said()
    {
        PutKey(allowed: null);
        var view = await ReadAsync(Spec(slurm.Url));
        Assert.Contains(
            $"Secret slurm/jwt does not let its key be used with {slurm.Url}: it has no annotation "
                + "slurmbridge.io/allowed-addresses. If that is your slurmrestd: kubectl -n slurm annotate --overwrite "
                + $"secret jwt 'slurmbridge.io/allowed-addresses={slurm.Url}'",
            view.Nodes.Error, StringComparison.Ordinal);
        PutKey(allowed: "https://slurm:6820");
        Assert.Contains(
            "allows https://slurm:6820 only", (await ReadAsync(Spec(slurm.Url))).Nodes.Error, StringComparison.Ordinal);
        Assert.Empty(slurm.Asked);

        PutKey(allowed: $"https://slurm:6820, {slurm.Url}");
        Assert.True((await ReadAsync(Spec(slurm.Url))).Nodes.Synced);
    }

    [Fact]
    public async Task A_Secret_that_is_not_there_or_lacks_the_key_is_named()
    {
        Assert.Contains("Secret slurm/jwt cannot be read", (await ReadAsync(Spec(slurm.Url))).Nodes.Error,
            StringComparison.Ordinal);
        PutKey(slurm.Url);
        var spec = Spec(slurm.Url) with { TokenKeyRef = new SecretKeyRef { Name = "jwt", Key = "other" } };
        Assert.Contains("Secret slurm/jwt has no key 'other'", (await ReadAsync(spec)).Nodes.Error,
            StringComparison.Ordinal);
        Assert.Contains("set spec.tokenKeyRef", (await ReadAsync(spec with { TokenKeyRef = null })).Nodes.Error,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(CaKind.ConfigMap)]
    [InlineData(CaKind.Secret)]
    public async Task The_authority_of_caRef_is_read_for_each_connection(CaKind kind)
    {
        using var authority = TestPki.MakeAuthority("slurm-ca");
        using var other = TestPki.MakeAuthority("slurm-ca-before");
        await using var secure = await FakeSlurmrestd.StartAsync(
            certificate: TestPki.Issue(authority, "slurmrestd", TestPki.ForServers));
        PutKey(secure.Url);
        var spec = Spec(secure.Url) with { CaRef = new CaRef { Kind = kind, Name = "ca", Key = "ca.crt" } };
        using var port = Connector().Open(Namespace, spec);
        Assert.Contains($"{kind} slurm/ca cannot be read", (await port.ReadAsync(Cancel)).Nodes.Error,
            StringComparison.Ordinal);
        PutCa(kind, "no PEM");
        Assert.Contains("holds no certificate as PEM", (await port.ReadAsync(Cancel)).Nodes.Error,
            StringComparison.Ordinal);
        PutCa(kind, other.ExportCertificatePem());
        Assert.Contains("of the authority in spec.caRef", (await port.ReadAsync(Cancel)).Nodes.Error,
            StringComparison.Ordinal);
        Assert.Empty(secure.Tokens);
        PutCa(kind, other.ExportCertificatePem() + "\n" + authority.ExportCertificatePem());
        Assert.True((await port.ReadAsync(Cancel)).Nodes.Synced);
    }

    [Fact]
    public async Task Each_cluster_runs_the_text_client_that_it_names_and_no_other()
    {
        PutKey(slurm.Url);
        var limits = new SlurmLimits
        {
            TextClients = Parsed("--slurm-client", $"a={Client("a")}", "--slurm-client", Client("unnamed"))
                .Limits.TextClients,
        };
        await ReadAsync(Spec(slurm.Url) with { SlurmClient = "a" }, limits);
        Assert.Equal(["a"], Ran());
        await ReadAsync(Spec(slurm.Url), limits);
        Assert.Equal(["a", "unnamed"], Ran());

        var strange = await ReadAsync(Spec(slurm.Url) with { SlurmClient = "b" }, limits);
        Assert.Contains(
            "the daemon has no client 'b'; it has a (bridge run --slurm-client b=COMMAND)", strange.Nodes.Error,
            StringComparison.Ordinal);
        Assert.Equal(["a", "unnamed"], Ran());
    }

    [Fact]
    public async Task Without_a_client_of_no_name_a_cluster_that_names_none_is_read_over_REST_alone()
    {
        PutKey(slurm.Url);
        var limits = Parsed("--slurm-client", $"a={Client("a")}").Limits;
        Assert.True((await ReadAsync(Spec(slurm.Url), limits)).Nodes.Synced);
        Assert.Empty(Ran());
    }

    [Fact]
    public void Limits_are_read_and_every_mistake_is_said_at_once()
    {
        var (limits, problems) = Parsed(
            "--slurm-client", "/opt/slurm/run x=1 lab", "--slurm-client", "b=ssh ctl", "--slurmrestd-sockets",
            "/run/slurm/", "--slurm-user", "hpc");
        Assert.Empty(problems);
        Assert.Equal(["/opt/slurm/run", "x=1", "lab"], limits.TextClients[""]);
        Assert.Equal(["ssh", "ctl"], limits.TextClients["b"]);
        Assert.Equal("", limits.SocketProblem("/run/slurm/rest.sock"));
        Assert.NotEqual("", limits.UserProblem("hpc"));
        Assert.NotEqual("", limits.UserProblem("root"));
        Assert.NotEqual("", Parsed().Limits.UserProblem("slurm"));

        (_, problems) = Parsed(
            "--slurm-client", "a=", "--slurm-client", "b=x", "--slurm-client", "b=y", "--slurm-client", "x",
            "--slurm-client", "y", "--slurmrestd-sockets", "run", "--slurmrestd-sockets", "/");
        const string sockets = "slurmrestdSockets (from --slurmrestd-sockets): ";
        const string clients = "slurmClient (from --slurm-client): ";
        Assert.Equal(
            [
                sockets + "'run' is not the absolute path of a folder, such as /run/slurm",
                sockets + "'/' is not the absolute path of a folder, such as /run/slurm",
                clients + "'a=' has no command; it should be such as lab=/opt/slurm/run",
                clients + "the name b is given twice",
                clients + "'y' is the second without a name; give it one: NAME=COMMAND",
            ],
            problems);
    }

    private static (SlurmLimits Limits, IReadOnlyList<string> Problems) Parsed(params string[] arguments)
    {
        var command = new Command("run");
        SettingFlags.AddTo(command, RunSettings.Slurm);
        var given = SettingFlags.Given(command.Parse(arguments), RunSettings.Slurm);
        return (SlurmLimitsReader.Read(given), given.Problems);
    }

    private static SlurmClusterSpec Spec(string url) => new()
    {
        RestUrl = url,
        ConfServer = "ctl:6817",
        TokenKeyRef = new SecretKeyRef { Name = "jwt", Key = "jwt.key" },
    };

    private async Task<SlurmView> ReadAsync(SlurmClusterSpec spec, SlurmLimits? limits = null)
    {
        using var port = Connector(limits).Open(Namespace, spec);
        return await port.ReadAsync(Cancel);
    }

    private SlurmConnector Connector(SlurmLimits? limits = null) => new(
        client, limits ?? new SlurmLimits(), () => true, TimeProvider.System, NullLoggerFactory.Instance);

    private void PutKey(string? allowed)
    {
        var meta = new JsonObject();
        if (allowed is not null)
            meta["annotations"] = new JsonObject { ["slurmbridge.io/allowed-addresses"] = allowed };
        kube.Store.Put(KubeKinds.Secrets.Resource, new ObjectKey(Namespace, "jwt"), new JsonObject
        {
            ["metadata"] = meta,
            ["data"] = new JsonObject { ["jwt.key"] = Convert.ToBase64String(new byte[] { 1, 2, 3 }) },
        });
    }

    private void PutCa(CaKind kind, string pem)
    {
        var secret = kind == CaKind.Secret;
        kube.Store.Put(
            secret ? KubeKinds.Secrets.Resource : FakePath.ConfigMaps, new ObjectKey(Namespace, "ca"), new JsonObject
            {
                ["data"] = new JsonObject
                {
                    ["ca.crt"] = secret ? Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(pem)) : pem,
                },
            });
    }

    /// <summary>A client that only leaves word that it ran.</summary>
    private string Client(string name)
    {
        var script = Path.Combine(folder, name);
        File.WriteAllText(script, $"touch {script}.ran\nexit 1\n");
        return $"/bin/sh {script}";
    }

    private string[] Ran() =>
        [.. Directory.GetFiles(folder, "*.ran").Select(f => Path.GetFileNameWithoutExtension(f)).Order()];
}
