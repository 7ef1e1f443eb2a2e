using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Bridge.Adapter.Tests.ApiServer;
using Bridge.Daemon.Run;
using Bridge.Daemon.Serving;
using Bridge.Daemon.Settings;
using Bridge.Kube.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Bridge.Adapter.Tests.Daemon;

/// <summary>
/// The one Kestrel with its named addresses, while no neighbour answers: no API server, no SlurmCluster, no Slurm.
/// </summary>
public sealed class BridgeHostTests : IAsyncLifetime
{
    private const string Token = "0123456789abcdef";
    private const string Ring = "/hooks/slurmctld?event=end&job=";

    private readonly string folder = Directory.CreateTempSubdirectory("bridge-host-").FullName;
    private readonly TestPki pki = new();
    private WebApplication app = null!;
    private string hooks = "";
    private string metrics = "";
    private string jobs = "";

    // Port 0: the kernel picks one.
    private static IPEndPoint Free => new(IPAddress.Loopback, 0);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Socket => Path.Combine(folder, "hook.sock");

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(Path.Combine(folder, "token"), Token + "\n", Cancel);
        await File.WriteAllTextAsync(
            Path.Combine(folder, "front.crt"), pki.FrontProxyAuthority.ExportCertificatePem(), Cancel);
        var options = new RunOptions
        {
            Namespace = "slurm",
            Identity = "test",
            MetricsListen = Free,
            Hook = new HookOptions { Socket = Socket, Listen = Free, TokenFile = Path.Combine(folder, "token") },
            Api = new ApiOptions
            {
                Listen = Free, CertificatePath = pki.CertificatePath, KeyPath = pki.KeyPath,
                RequestHeaderCaPath = Path.Combine(folder, "front.crt"),
            },
        };
        var nobody = new KubeEndpoint { Server = new Uri("https://127.0.0.1:9") };
        app = BridgeHost.Build(options, nobody, TimeProvider.System, runs => runs
            .AddHostedService(s => s.GetRequiredService<HookBell>())
            .AddHostedService(s => s.GetRequiredService<SlurmReaders>())
            .AddHostedService(s => s.GetRequiredService<JobApiTrust>()));
        await app.StartAsync(Cancel);
        // In the order in which the host listens.
        var plain = app.Urls.Where(u => u.StartsWith("http://127", StringComparison.Ordinal)).ToList();
        (hooks, metrics) = (plain[0], plain[1]);
        jobs = app.Urls.Single(u => u.StartsWith("https", StringComparison.Ordinal));
        app.Services.GetRequiredService<HookEndpoint>().ShowSocket();
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync(CancellationToken.None);
        await app.DisposeAsync();
        pki.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>A group that does not answer discovery holds up the deletion of every namespace (B24).</summary>
    [Fact]
    public async Task Discovery_and_health_of_the_job_API_are_answered_before_anything_is_read()
    {
        using var aggregator = JobApiClient(pki.FrontProxy);
        await UntilAsync(aggregator, "/apis/jobs.slurmbridge.io/v1alpha1", HttpStatusCode.OK);
        foreach (var path in new[] { "/apis", "/openapi/v3", "/openapi/v2", "/healthz", "/livez" })
            Assert.Equal(HttpStatusCode.OK, (await aggregator.GetAsync(path, Cancel)).StatusCode);
        var list = await aggregator.GetAsync("/apis/jobs.slurmbridge.io/v1alpha1/slurmjobs", Cancel);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, list.StatusCode);
    }

    [Fact]
    public async Task A_caller_without_the_front_proxys_certificate_is_nobody()
    {
        using var stranger = JobApiClient(null);
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync("/apis", Cancel)).StatusCode);
    }

    [Fact]
    public async Task Readyz_says_what_is_not_ready_and_why_and_livez_only_that_it_lives()
    {
        using var client = Client(metrics);
        var ready = await client.GetAsync("/readyz", Cancel);
        var text = await ready.Content.ReadAsStringAsync(Cancel);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Contains("[-]kubernetes: not every kind of object has been listed yet\n", text);
        Assert.Contains("[+]leader: stands by\n", text);
        Assert.Contains("[+]hooks: ", text);
        Assert.EndsWith("not ready\n", text);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/livez", Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/healthz", Cancel)).StatusCode);
    }

    [Fact]
    public async Task Metrics_are_in_the_text_of_Prometheus()
    {
        using var client = Client(metrics);
        var text = await client.GetStringAsync("/metrics", Cancel);
        Assert.Contains("# TYPE bridge_leader gauge\n", text);
        Assert.Contains("bridge_ready{otel_scope_name=\"Bridge\",part=\"kubernetes\"} 0", text);
    }

    [Fact]
    public async Task A_hook_on_an_address_shows_the_token()
    {
        using var client = Client(hooks);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.PostAsync(Ring + 7, null, Cancel)).StatusCode);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token + "0");
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.PostAsync(Ring + 7, null, Cancel)).StatusCode);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        Assert.Equal(HttpStatusCode.NoContent, (await client.PostAsync(Ring + 7, null, Cancel)).StatusCode);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("")]
    [InlineData("-7")]
    [InlineData("٧")]
    [InlineData("4294967296")]
    [InlineData("77777777777777777777777777777777777777777777777777777777777777777777777777777777777777777777777777")]
    public async Task An_id_that_is_none_is_refused_with_what_would_be_right(string id)
    {
        using var client = SocketClient();
        var answer = await client.PostAsync(Ring + Uri.EscapeDataString(id), null, Cancel);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.Contains("a number from 1 to 4294967295, such as job=4711", text);
        Assert.InRange(text.Length, 1, 200);
    }

    [Fact]
    public async Task The_socket_is_for_owner_and_group_and_needs_no_token()
    {
        using var client = SocketClient();
        Assert.Equal(HttpStatusCode.NoContent, (await client.PostAsync(Ring + 7, null, Cancel)).StatusCode);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead
                | UnixFileMode.GroupWrite, File.GetUnixFileMode(Socket));
    }

    [Fact]
    public async Task What_is_served_at_one_address_is_at_no_other()
    {
        using var hook = Client(hooks);
        using var metric = Client(metrics);
        using var aggregator = JobApiClient(pki.FrontProxy);
        Assert.Equal(HttpStatusCode.NotFound, (await hook.GetAsync("/metrics", Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await hook.GetAsync("/apis", Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await metric.PostAsync(Ring + 7, null, Cancel)).StatusCode);
        await UntilAsync(aggregator, "/metrics", HttpStatusCode.NotFound);
    }

    private HttpClient JobApiClient(System.Security.Cryptography.X509Certificates.X509Certificate2? certificate)
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.CertificateChainPolicy = pki.TrustInServers();
        if (certificate is not null)
            handler.SslOptions.ClientCertificateContext =
                System.Net.Security.SslStreamCertificateContext.Create(certificate, null, offline: true);
        var client = new HttpClient(handler) { BaseAddress = new Uri(jobs) };
        client.DefaultRequestHeaders.Add("X-Remote-User", "alice");
        client.DefaultRequestHeaders.Add("Accept", "application/json");
        return client;
    }

    private HttpClient SocketClient() => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancel) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket), cancel);
            return new NetworkStream(socket, ownsSocket: true);
        },
    }) { BaseAddress = new Uri("http://bridge") };

    private static HttpClient Client(string address) => new() { BaseAddress = new Uri(address) };

    // The authority is read a moment after the start.
    private static async Task UntilAsync(HttpClient client, string path, HttpStatusCode code)
    {
        var began = TimeProvider.System.GetTimestamp();
        HttpStatusCode seen;
        while ((seen = (await client.GetAsync(path, Cancel)).StatusCode) != code)
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(20), $"{path} says {seen}");
    }
}
