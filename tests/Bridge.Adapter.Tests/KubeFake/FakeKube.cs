using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Bridge.Kube.Client;
using Bridge.Kube.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Bridge.Adapter.Tests.KubeFake;

/// <summary>
/// An API server in this process for what a real one cannot be made to do on demand: 410, 429, cut streams, garbage.
/// HTTP/2 over TLS with an authority of its own. It knows no server-side apply ownership and no CEL: those are tested
/// against the real API machinery.
/// </summary>
internal sealed class FakeKube : IAsyncDisposable
{
    private static readonly IPAddress Far = IPAddress.Parse("127.0.0.2");

    private readonly WebApplication app;
    private readonly X509Certificate2 certificate;
    private readonly List<FakeFault> faults = [];
    private readonly List<string> requests = [];
    private readonly SortedSet<string> protocols = [];
    private readonly FakeWrites writes;
    private readonly FakeReads reads;
    private long lastRequestAt;
    private int underWay;

    private FakeKube(WebApplication app, X509Certificate2 certificate)
    {
        this.app = app;
        this.certificate = certificate;
        writes = new FakeWrites(Store);
        reads = new FakeReads(Store);
        app.Run(ServeAsync);
    }

    public FakeStore Store { get; } = new();

    public FakeWatches Watches => reads.Watches;

    /// <summary>When set, requests without this bearer token get 401.</summary>
    public string? Token { get; set; }

    /// <summary>Method and path with query of every request so far.</summary>
    public IReadOnlyList<string> Requests
    {
        get
        {
            lock (requests)
                return [.. requests];
        }
    }

    /// <summary>
    /// No request is under way, and the last answer has had a moment to arrive and to be dealt with: the first
    /// exception of a process takes tens of milliseconds, in which a manual clock must not run on. Open watches do not
    /// count.
    /// </summary>
    public bool Quiet =>
        Volatile.Read(ref underWay) == 0
        && TimeProvider.System.GetElapsedTime(Volatile.Read(ref lastRequestAt)) > TimeSpan.FromMilliseconds(100);

    /// <summary>The HTTP versions that requests came by.</summary>
    public IReadOnlyList<string> Protocols
    {
        get
        {
            lock (requests)
                return [.. protocols];
        }
    }

    public KubeEndpoint Endpoint => new()
    {
        Server = Address(IPAddress.Loopback),
        Authorities = [certificate],
    };

    /// <summary>
    /// The same server by an address that Uri does not take for loopback: from there a client asks for compression.
    /// </summary>
    public KubeEndpoint FarEndpoint => Endpoint with
    {
        Server = new UriBuilder(Address(Far)) { Host = $"[{Far.MapToIPv6()}]" }.Uri,
        TlsServerName = "kubernetes.default.svc",
    };

    public string AuthorityPem => certificate.ExportCertificatePem();

    public static async Task<FakeKube> StartAsync()
    {
        var certificate = SelfSigned();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k =>
        {
            k.Listen(IPAddress.Loopback, 0, Secure);
            k.Listen(Far, 0, Secure);
        });
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Services.Configure<HostOptions>(h => h.ShutdownTimeout = TimeSpan.FromMilliseconds(100));
        var fake = new FakeKube(builder.Build(), certificate);
        await fake.app.StartAsync();
        return fake;

        void Secure(ListenOptions listen)
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            listen.UseHttps(certificate);
        }
    }

    public KubeClient Client(TimeProvider time, KubeLimits? limits = null) =>
        new(Endpoint, limits ?? new KubeLimits(), time);

    public void Fail(FakeFault fault)
    {
        lock (faults)
            faults.Add(fault);
    }

    /// <summary>Stores an object as if somebody had applied it.</summary>
    public JsonObject Put<T>(KubeKind<T> kind, string name, string body = "{}", string inNamespace = "")
        where T : class =>
        Put(kind.Resource, name, body, inNamespace);

    /// <inheritdoc cref="Put{T}(KubeKind{T}, string, string, string)"/>
    public JsonObject Put(KubeResource resource, string name, string body = "{}", string inNamespace = "") =>
        Store.Put(resource, new ObjectKey(inNamespace, name), (JsonObject)JsonNode.Parse(body)!);

    public async ValueTask DisposeAsync()
    {
        Watches.CutAll();
        await app.DisposeAsync();
        certificate.Dispose();
    }

    private async Task ServeAsync(HttpContext http)
    {
        var counts = http.Request.Query["watch"] != "1";
        Interlocked.Add(ref underWay, counts ? 1 : 0);
        try
        {
            await AnswerAsync(http);
        }
        finally
        {
            Interlocked.Add(ref underWay, counts ? -1 : 0);
            Volatile.Write(ref lastRequestAt, TimeProvider.System.GetTimestamp());
        }
    }

    private async Task AnswerAsync(HttpContext http)
    {
        var path = http.Request.Path + http.Request.QueryString;
        lock (requests)
            {
            requests.Add($"{http.Request.Method} {path}");
            protocols.Add(http.Request.Protocol);
        }
        if (Token is not null && http.Request.Headers.Authorization != $"Bearer {Token}")
        {
            await FakeAnswer.StatusAsync(http, 401, "Unauthorized", "Unauthorized");
            return;
        }
        var fault = TakeFault(http.Request.Method, path);
        if (fault is not null && await PlayAsync(http, fault))
            return;
        var known = FakePath.Parse(http.Request.Path);
        if (known is null)
            await FakeAnswer.TextAsync(http, 404, "404 page not found");
        else if (http.Request.Method == "GET")
            await reads.ServeAsync(http, known);
        else if (fault is { Cut: true })
            await LoseAnswerAsync(http, known);
        else
            await writes.ServeAsync(http, known);
    }

    private async Task LoseAnswerAsync(HttpContext http, FakePath known)
    {
        var answer = http.Response.Body;
        http.Response.Body = Stream.Null;
        await writes.ServeAsync(http, known);
        http.Response.Body = answer;
        http.Abort();
    }

    private FakeFault? TakeFault(string method, string path)
    {
        lock (faults)
        {
            var found = faults.Find(f => f.When(method, path));
            if (found is null)
                return null;
            faults.Remove(found);
            if (found.Times > 1)
                faults.Insert(0, found with { Times = found.Times - 1 });
            return found;
        }
    }

    /// <summary>True when the fault was the answer.</summary>
    private static async Task<bool> PlayAsync(HttpContext http, FakeFault fault)
    {
        await fault.Until.WaitAsync(http.RequestAborted);
        if (fault.RetryAfterSeconds > 0)
            http.Response.Headers.RetryAfter = $"{fault.RetryAfterSeconds}";
        if (fault.Encoding.Length > 0)
            http.Response.Headers.ContentEncoding = fault.Encoding;
        if (fault is { Cut: true, AfterWork: false })
            http.Abort();
        else if (fault is { Code: > 0, Reason.Length: > 0 })
            await FakeAnswer.StatusAsync(http, fault.Code, fault.Reason, fault.Body);
        else if (fault.Code > 0)
            await FakeAnswer.TextAsync(http, fault.Code, fault.Body);
        return fault.Code > 0 || fault is { Cut: true, AfterWork: false };
    }

    private Uri Address(IPAddress at) =>
        app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses
            .Select(a => new Uri(a)).Single(a => a.Host == at.ToString());

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=fake-kube", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("kubernetes.default.svc");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
