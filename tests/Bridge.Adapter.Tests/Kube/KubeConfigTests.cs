using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Bridge.Adapter.Tests.KubeFake;
using Bridge.Kube.Client;
using Bridge.Kube.Models;
using Bridge.Testing;

namespace Bridge.Adapter.Tests.Kube;

public sealed class KubeConfigTests : IAsyncLifetime
{
    private readonly ManualTime time = new();
    private readonly string folder = Directory.CreateTempSubdirectory("bridge-kubeconfig-").FullName;
    private FakeKube kube = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        kube = await FakeKube.StartAsync();
        kube.Put(KubeKinds.Nodes, "n1");
    }

    public async ValueTask DisposeAsync()
    {
        await kube.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Embedded_authority_and_token_reach_the_server()
    {
        kube.Token = "sesame";
        var endpoint = Read(Config($"certificate-authority-data: {Base64(kube.AuthorityPem)}", "token: sesame"));
        Assert.Equal("n1", await NodeAsync(endpoint));
        Assert.Equal("team", endpoint.Namespace);
        Assert.DoesNotContain("sesame", endpoint.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("sesame", endpoint.Token!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_are_found_beside_the_kubeconfig_and_a_renewed_token_is_read_again()
    {
        File.WriteAllText($"{folder}/ca.pem", kube.AuthorityPem);
        File.WriteAllText($"{folder}/token", "old\n");
        kube.Token = "old";
        var endpoint = Read(Config("certificate-authority: ca.pem", "tokenFile: token"));
        Assert.Equal("n1", await NodeAsync(endpoint));
        File.WriteAllText($"{folder}/token", "new\n");
        kube.Token = "new";
        Assert.Equal("n1", await NodeAsync(endpoint));
        Assert.Equal(3, kube.Requests.Count);
    }

    [Fact]
    public void A_client_certificate_in_files_is_read_anew_when_it_was_rotated()
    {
        WriteCertificate("first");
        var endpoint = Read(Config("", "client-certificate: me.crt", "client-key: me.key"));
        Assert.Equal("CN=first", endpoint.Certificate!.Current().Subject);
        WriteCertificate("second");
        Assert.Equal("CN=second", endpoint.Certificate.Current().Subject);
        File.WriteAllText($"{folder}/me.crt", "half");
        Assert.Equal("CN=second", endpoint.Certificate.Current().Subject);
    }

    [Fact]
    public async Task A_server_of_another_authority_is_not_trusted()
    {
        var other = await FakeKube.StartAsync();
        var endpoint = Read(Config($"certificate-authority-data: {Base64(other.AuthorityPem)}", "token: x"));
        var thrown = await Assert.ThrowsAsync<KubeException>(() => NodeAsync(endpoint));
        Assert.Equal(0, thrown.Failure.Code);
        await other.DisposeAsync();
    }

    [Fact]
    public async Task The_certificate_may_carry_another_name_than_the_address()
    {
        var server = kube.Endpoint.Server;
        var data = $"certificate-authority-data: {Base64(kube.AuthorityPem)}";
        var named = Read(Config($"{data}\n    tls-server-name: kubernetes.default.svc", "token: x"));
        Assert.Equal("n1", await NodeAsync(named with { Server = new Uri($"https://localhost:{server.Port}") }));
        var unnamed = Read(Config(data, "token: x")) with { Server = new Uri($"https://localhost:{server.Port}") };
        await Assert.ThrowsAsync<KubeException>(() => NodeAsync(unnamed));
    }

    [Theory]
    [InlineData("", "exec: {command: aws}", "users[me].user.exec is not supported here")]
    [InlineData("", "as: root", "users[me].user.as is not supported")]
    [InlineData("", "as-groups: [system:masters]", "as-groups is not supported")]
    [InlineData("", "what-comes-next: x", "what-comes-next is not supported")]
    [InlineData("what-comes-next: x", "token: x", "clusters[c].cluster.what-comes-next is not supported")]
    [InlineData("", "auth-provider: {name: gcp}", "auth-provider is not supported")]
    [InlineData("", "username: me", "username is not supported")]
    [InlineData("insecure-skip-tls-verify: true", "token: x",
        "clusters[c].cluster.insecure-skip-tls-verify is refused")]
    [InlineData("proxy-url: http://p", "token: x", "proxy-url is not supported")]
    [InlineData("certificate-authority-data: '%%%'", "token: x", "certificate-authority-data is not base64")]
    [InlineData("certificate-authority: nowhere.pem", "token: x", "nowhere.pem")]
    [InlineData("", "client-certificate-data: eA==", "client-key is missing")]
    public void What_cannot_be_honoured_is_refused_by_name(string cluster, string user, string expected)
    {
        var thrown = Assert.Throws<KubeConfigException>(() => Read(Config(cluster, user)));
        Assert.Contains(expected, thrown.Message, StringComparison.Ordinal);
        Assert.Contains("config", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_context_that_is_not_there_is_named()
    {
        var path = Config("", "token: x");
        var thrown = Assert.Throws<KubeConfigException>(() => KubeConfigFile.Read(path, "prod", time));
        Assert.Contains("contexts has no context named 'prod'", thrown.Message, StringComparison.Ordinal);
        Assert.Throws<KubeConfigException>(() => KubeConfigFile.Read($"{folder}/absent", null, time));
    }

    [Fact]
    public async Task In_a_pod_the_service_account_is_used()
    {
        File.WriteAllText($"{folder}/ca.crt", kube.AuthorityPem);
        File.WriteAllText($"{folder}/token", "pod-token");
        File.WriteAllText($"{folder}/namespace", "bridge");
        kube.Token = "pod-token";
        var server = kube.Endpoint.Server;
        var endpoint = InCluster.Read(server.Host, $"{server.Port}", folder, time);
        Assert.Equal("n1", await NodeAsync(endpoint));
        Assert.Equal("bridge", endpoint.Namespace);
        var thrown = Assert.Throws<KubeConfigException>(() => InCluster.Read(null, null, folder, time));
        Assert.Contains("not a pod", thrown.Message, StringComparison.Ordinal);
    }

    private async Task<string> NodeAsync(KubeEndpoint endpoint)
    {
        using var client = new KubeClient(endpoint, new KubeLimits(), time);
        return (await client.GetAsync(KubeKinds.Nodes, new ObjectKey("", "n1"), Cancel)).Metadata.Name;
    }

    private KubeEndpoint Read(string path) => KubeConfigFile.Read(path, null, time);

    private string Config(string cluster, params string[] user)
    {
        var path = $"{folder}/config";
        File.WriteAllText(path, $$"""
            apiVersion: v1
            kind: Config
            current-context: lab
            contexts:
            - name: lab
              context: {cluster: c, user: me, namespace: team}
            clusters:
            - name: c
              cluster:
                server: {{kube.Endpoint.Server}}
                {{cluster}}
            users:
            - name: me
              user:
                {{string.Join("\n    ", user)}}
            """);
        return path;
    }

    private void WriteCertificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText($"{folder}/me.crt", certificate.ExportCertificatePem());
        File.WriteAllText($"{folder}/me.key", key.ExportPkcs8PrivateKeyPem());
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.ASCII.GetBytes(text));
}
