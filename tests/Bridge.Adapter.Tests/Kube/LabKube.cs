using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Bridge.Kube.Client;
using Bridge.Kube.Models;

namespace Bridge.Adapter.Tests.Kube;

/// <summary>
/// Kubernetes' own API machinery with Bridge's resources in it: the cluster that BRIDGE_LAB_KUBECONFIG names, else the
/// lab's API server. Where neither is there the tests fail and say so. What a test makes lives in namespaces,
/// and under names, of its own.
/// </summary>
public sealed class LabKube : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("bridge-kube-").FullName;
    private readonly List<(KubeResource Resource, ObjectKey Key)> made = [];
    private Dictionary<string, string> env = [];

    public static string CrdFolder => Path.Combine(Repository, "helm", "bridge", "crds");

    /// <summary>Empty when there is a server.</summary>
    public string WhyNot { get; private set; } = "";

    public KubeEndpoint Endpoint { get; private set; } = null!;

    /// <summary>What LAB/env says (docs/lab.md); "" for what it does not say.</summary>
    public string this[string key] => env.GetValueOrDefault(key, "");

    private string Lab => $"{folder}/lab";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static string Repository
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
        await ScriptAsync("kube-up", Lab);
        this.env = (await File.ReadAllLinesAsync($"{Lab}/env")).Select(l => l.Split('=', 2))
            .ToDictionary(p => p[0], p => p[1]);
        Endpoint = KubeConfigFile.Read(this["KUBECONFIG"], null, TimeProvider.System);
        using var client = Client();
        foreach (var file in Directory.GetFiles(CrdFolder, "*.yaml"))
            await ApplyCrdAsync(client, file);
    }

    public KubeClient Client(KubeLimits? limits = null) =>
        new(Endpoint, limits ?? new KubeLimits(), TimeProvider.System);

    /// <summary>A name that no other run has.</summary>
    public static string NewName(string prefix) => $"{prefix}-{Guid.NewGuid().ToString("n")[..10]}";

    public async Task<string> NewNamespaceAsync()
    {
        var name = NewName("bridge-contract");
        await MakeAsync(KubeKinds.Namespaces.Resource, new ObjectKey("", name), "{}");
        return name;
    }

    /// <summary>Creates an object that goes away with the fixture; its answer is the object as stored.</summary>
    public async Task<JsonObject> MakeAsync(KubeResource resource, ObjectKey key, string json)
    {
        var body = (JsonObject)JsonNode.Parse(json)!;
        body["apiVersion"] = resource.ApiVersion;
        body["kind"] = resource.Kind;
        var meta = (JsonObject)(body["metadata"] ??= new JsonObject());
        meta["name"] = key.Name;
        made.Add((resource, key));
        var (code, answer) = await RawAsync(
            HttpMethod.Post, resource.Collection(key.Namespace), "application/json", body.ToJsonString());
        Assert.True(code is 200 or 201, answer.ToJsonString());
        return answer;
    }

    /// <summary>One request as it is, past the client under test: status and body.</summary>
    public async Task<(int Code, JsonObject Body)> RawAsync(
        HttpMethod method, string path, string contentType = "", string body = "")
    {
        using var http = new HttpClient(RawHandler()) { BaseAddress = Endpoint.Server };
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (Endpoint.Token is { } token)
            request.Headers.Authorization = await token.GetAuthenticationHeaderAsync(Cancel);
        if (contentType.Length > 0)
            request.Content = new StringContent(body, Encoding.UTF8) { Headers = { ContentType = new(contentType) } };
        using var answer = await http.SendAsync(request, Cancel);
        return ((int)answer.StatusCode, (JsonObject)JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancel))!);
    }

    public async ValueTask DisposeAsync()
    {
        if (WhyNot.Length == 0)
        {
            if (this["KUBE_EXTERNAL"] == "true")
                await CleanAsync();
            await ScriptAsync("kube-down", Lab, "--wipe");
        }
        Directory.Delete(folder, recursive: true);
    }

    private async Task CleanAsync()
    {
        made.Reverse();
        foreach (var (resource, key) in made)
            await RawAsync(HttpMethod.Delete, resource.Path(key));
    }

    private SocketsHttpHandler RawHandler()
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.CertificateChainPolicy = new()
        {
            TrustMode = System.Security.Cryptography.X509Certificates.X509ChainTrustMode.CustomRootTrust,
            RevocationMode = System.Security.Cryptography.X509Certificates.X509RevocationMode.NoCheck,
        };
        if (Endpoint.Authorities is { } authorities)
            handler.SslOptions.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        if (Endpoint.Certificate is { } certificate)
            handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate.Current();
        return handler;
    }

    private static string Missing()
    {
        var cache = Environment.GetEnvironmentVariable("BRIDGE_CACHE") ?? "/var/cache/bridge";
        return File.Exists($"{cache}/apiserver/bin/labapi")
            || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("BRIDGE_LAB_KUBECONFIG"))
            ? ""
            : $"the lab's API server is not built in {cache} (scripts/setup), and BRIDGE_LAB_KUBECONFIG is not set";
    }

    private static async Task ScriptAsync(string name, params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(Repository, "scripts", name), arguments)
            { RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{name} failed: {error}");
    }

    // Server-side apply takes the file as it is: YAML is what it is made for.
    private async Task ApplyCrdAsync(KubeClient client, string file)
    {
        var plural = Path.GetFileNameWithoutExtension(file).Split('_')[1];
        var path = $"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{plural}.slurmbridge.io"
            + "?fieldManager=bridge-tests&force=true";
        var (code, answer) = await RawAsync(
            HttpMethod.Patch, path, "application/apply-patch+yaml", await File.ReadAllTextAsync(file));
        Assert.True(code is 200 or 201, answer.ToJsonString());
        var resource = new KubeResource("slurmbridge.io", "v1alpha1", plural, "", true);
        using var looks = new PeriodicTimer(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        for (var tries = 0; ; tries++)
        {
            try
            {
                await client.SendAsync(
                    new KubeRequest(HttpMethod.Get, resource.Collection()), KubeKinds.NodePools.List,
                    CancellationToken.None);
                return;
            }
            catch (KubeException e) when (tries < 200)
            {
                // Established takes the server a moment; until then it answers 404 without a Status, or 429.
                Assert.True(e.Failure.Code is 404 or 429 or 503,
                    string.Create(CultureInfo.InvariantCulture, $"{file}: {e.Message}"));
                await looks.WaitForNextTickAsync();
            }
        }
    }
}

/// <summary>The tests that share one such server; they run one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class LabKubeTests : ICollectionFixture<LabKube>
{
    public const string Name = "lab Kubernetes";
}
