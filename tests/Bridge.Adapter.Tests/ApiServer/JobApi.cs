using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Bridge.ApiServer;
using Bridge.ApiServer.Jobs;
using Bridge.ApiServer.Security;
using Bridge.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bridge.Adapter.Tests.ApiServer;

/// <summary>The real server on a real TLS port, and a client that stands where the aggregator stands.</summary>
internal sealed class JobApi : IAsyncDisposable
{
    public const string Root = "/apis/jobs.slurmbridge.io/v1alpha1";
    public const string Jobs = Root + "/slurmjobs";

    /// <summary>
    /// Everything here answers within milliseconds; so long only on a machine that does ten things at once.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly AggregatedApiHost host;

    private JobApi(Setup setup)
    {
        Pki = new TestPki();
        Time = setup.Time;
        Served = Samples.Served(Time ?? TimeProvider.System, setup.EventsKept);
        host = new AggregatedApiHost(
            new IPEndPoint(IPAddress.Loopback, 0),
            new JobApiOptions
            {
                CertificatePath = Pki.CertificatePath,
                KeyPath = Pki.KeyPath,
                Authorize = setup.Authorize,
            },
            Store,
            setup.Logs,
            Time ?? TimeProvider.System)
        {
            Trust = RequestHeaderTrust.FromPem(Pki.FrontProxyAuthority.ExportCertificatePem(), setup.AllowedNames),
        };
        Client = null!;
    }

    public TestPki Pki { get; }

    public ServedJobs Served { get; }

    public JobStore Store => Served.Find("lab")!;

    public ManualTime? Time { get; }

    public AggregatedApiHost Host => host;

    /// <summary>Shows the front proxy's certificate and speaks for alice.</summary>
    public HttpClient Client { get; private set; }

    public string Address { get; private set; } = "";

    public static async Task<JobApi> StartAsync(Setup? setup = null)
    {
        var api = new JobApi(setup ?? new Setup());
        api.Address = await api.host.StartAsync(Cancel);
        api.Client = api.ClientWith(api.Pki.FrontProxy);
        api.Client.DefaultRequestHeaders.Add("X-Remote-User", "alice");
        api.Client.DefaultRequestHeaders.Add("X-Remote-Group", "system:authenticated");
        return api;
    }

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public HttpClient ClientWith(X509Certificate2? certificate)
    {
        var handler = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                ClientCertificateContext =
                    certificate is null ? null : SslStreamCertificateContext.Create(certificate, null, offline: true),
                CertificateChainPolicy = Pki.TrustInServers(),
            },
        };
        return new HttpClient(handler)
        {
            BaseAddress = new Uri(Address),
            Timeout = Patience,
            DefaultRequestVersion = HttpVersion.Version20,
        };
    }

    public async Task<(HttpStatusCode Code, JsonElement Body)> GetAsync(string path, string accept = "application/json")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Version = HttpVersion.Version20 };
        request.Headers.TryAddWithoutValidation("Accept", accept);
        return await SendAsync(request);
    }

    public async Task<(HttpStatusCode Code, JsonElement Body)> SendAsync(HttpRequestMessage request)
    {
        using var response = await Client.SendAsync(request, Cancel);
        var text = await response.Content.ReadAsStringAsync(Cancel);
        return (response.StatusCode, JsonElement.Parse(text));
    }

    /// <summary>
    /// Opens a watch; each event is one JSON object. The stream must give the next event within the patience.
    /// </summary>
    public async IAsyncEnumerable<JsonElement> WatchAsync(
        string query,
        string accept = "application/json",
        string path = Jobs)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        deadline.CancelAfter(Patience);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{path}?watch=true&{query}")
        {
            Version = HttpVersion.Version20,
        };
        request.Headers.TryAddWithoutValidation("Accept", accept);
        using var response = await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
        response.EnsureSuccessStatusCode();
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(deadline.Token));
        while (await reader.ReadLineAsync(deadline.Token) is { } line)
            yield return JsonElement.Parse(line);
    }

    public async ValueTask DisposeAsync()
    {
        Client?.Dispose();
        await host.DisposeAsync();
        Pki.Dispose();
    }

    internal sealed record Setup
    {
        public ManualTime? Time { get; init; }

        public int EventsKept { get; init; } = ServedJobs.DefaultEventsKept;

        public IReadOnlyList<string> AllowedNames { get; init; } = [];

        public ILoggerFactory Logs { get; init; } = NullLoggerFactory.Instance;

        public Authorize Authorize { get; init; } = AggregatedApiHost.AlwaysAllow;
    }
}
