using System.Diagnostics;
using System.Globalization;
using System.Net;
using Bridge.ApiServer;
using Bridge.ApiServer.Jobs;
using Bridge.ApiServer.Security;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bridge.Adapter.Tests.ApiServer;

/// <summary>
/// The lab's API server on real etcd, which aggregates the job API that this process serves, and the real kubectl.
/// Where the lab is not built (scripts/setup) the tests are skipped and say so.
/// </summary>
public sealed class KubectlLab : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("bridge-kubectl-").FullName;
    private Dictionary<string, string> _env = [];
    private AggregatedApiHost? _host;

    internal JobStore Jobs { get; } = new("lab", TimeProvider.System);

    /// <summary>Empty when the lab runs.</summary>
    public string WhyNot { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        var cache = Environment.GetEnvironmentVariable("BRIDGE_CACHE") ?? "/var/cache/bridge";
        if (!File.Exists($"{cache}/apiserver/bin/labapi"))
        {
            WhyNot = $"the lab's API server is not built in {cache}: run scripts/setup";
            return;
        }
        var up = await RunAsync(Script("kube-up"), [Lab]);
        if (up.Code != 0)
            throw new InvalidOperationException($"kube-up failed: {up.Error}");
        _env = (await File.ReadAllLinesAsync($"{Lab}/env"))
            .Select(l => l.Split('=', 2)).ToDictionary(p => p[0], p => p[1]);
        foreach (var name in (string[])["team-vision", "team-speech", "team-late"])
            await KubectlAsync("create", "namespace", name);
        Jobs.Update([Samples.Running(4711), Samples.Pending(4712)], Samples.Namespaces);
        _host = await ServeAsync();
        await UntilListedAsync();
    }

    /// <summary>Runs kubectl as the lab's administrator.</summary>
    internal Task<ProcessOutcome> KubectlAsync(params string[] arguments) => RunAsync(
        _env["KUBECTL"],
        ["--kubeconfig", _env["KUBECONFIG"], "--cache-dir", $"{_folder}/cache", .. arguments]);

    /// <summary>A kubectl that goes on running; its lines are read from its output.</summary>
    internal Process StartKubectl(params string[] arguments) => Start(
        _env["KUBECTL"], ["--kubeconfig", _env["KUBECONFIG"], "--cache-dir", $"{_folder}/cache", .. arguments]);

    internal Task StopServingAsync() => _host!.StopAsync(CancellationToken.None);

    internal Task<string> ServeAgainAsync() => _host!.StartAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
            await _host.DisposeAsync();
        if (WhyNot.Length == 0)
            await RunAsync(Script("kube-down"), [Lab, "--wipe"]);
        Directory.Delete(_folder, recursive: true);
    }

    private string Lab => $"{_folder}/lab";

    private async Task<AggregatedApiHost> ServeAsync()
    {
        var port = int.Parse(_env["AGGREGATE_PORT"], CultureInfo.InvariantCulture);
        var host = new AggregatedApiHost(
            new AggregatedApiOptions
            {
                Listen = new IPEndPoint(IPAddress.Loopback, port),
                CertificatePath = _env["AGGREGATE_CERT"],
                KeyPath = _env["AGGREGATE_KEY"],
                Trust = RequestHeaderTrust.FromPem(
                    await File.ReadAllTextAsync(_env["REQUESTHEADER_CA"]), [_env["REQUESTHEADER_NAME"]]),
                Authorize = Authorizers.AlwaysAllow,
                AuthorizerName = nameof(Authorizers.AlwaysAllow),
            },
            Jobs,
            NullLoggerFactory.Instance,
            TimeProvider.System);
        await host.StartAsync(CancellationToken.None);
        return host;
    }

    // The lab's API server asks each second which resources an aggregated server has; 30 s allow for a very busy
    // machine.
    private async Task UntilListedAsync()
    {
        var patience = Stopwatch.StartNew();
        ProcessOutcome last;
        do
        {
            last = await KubectlAsync("api-resources", "--api-group=jobs.slurmbridge.io", "-o", "name");
            if (last.Output.Contains("slurmjobs", StringComparison.Ordinal))
                return;
        }
        while (patience.Elapsed < TimeSpan.FromSeconds(30));
        throw new TimeoutException($"the API server did not list slurmjobs within 30 s: {last.Output}{last.Error}");
    }

    private static string Script(string name)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Bridge.sln")))
            folder = folder.Parent ?? throw new DirectoryNotFoundException("the tests run outside the repository");
        return Path.Combine(folder.FullName, "scripts", name);
    }

    private static Process Start(string file, IEnumerable<string> arguments)
    {
        var info = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(info)!;
    }

    private static async Task<ProcessOutcome> RunAsync(string file, IEnumerable<string> arguments)
    {
        using var process = Start(file, arguments);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return new ProcessOutcome(process.ExitCode, await output, await error);
    }
}

/// <summary>How a command ended and what it said.</summary>
internal sealed record ProcessOutcome(int Code, string Output, string Error);
