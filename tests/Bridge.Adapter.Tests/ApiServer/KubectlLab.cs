using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using Bridge.Adapter.Tests.Kube;
using Bridge.ApiServer;
using Bridge.ApiServer.Jobs;
using Bridge.ApiServer.Security;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bridge.Adapter.Tests.ApiServer;

/// <summary>
/// The job API, served by this process and aggregated by the API server of the lab, or of the cluster that
/// BRIDGE_LAB_KUBECONFIG names, and the real kubectl.
/// </summary>
public sealed class KubectlLab(LabKube lab) : IAsyncLifetime
{
    private readonly string cache = Directory.CreateTempSubdirectory("bridge-kubectl-").FullName;
    private AggregatedApiHost? host;

    internal JobStore Jobs { get; } = Samples.Store(TimeProvider.System);

    /// <summary>Empty when there is a server.</summary>
    public string WhyNot => lab.WhyNot;

    public async ValueTask InitializeAsync()
    {
        if (WhyNot.Length > 0)
            return;
        foreach (var name in (string[])["team-vision", "team-speech", "team-late"])
        {
            var made = await KubectlAsync("create", "namespace", name);
            Assert.True(made.Code == 0, made.Error);
            await KubectlAsync("label", "namespace", name, "lab.slurmbridge.io/made=true");
        }
        Jobs.Update([Samples.Running(4711), Samples.Pending(4712)], Samples.Namespaces);
        host = await ServeAsync();
        await UntilListedAsync();
    }

    /// <summary>Runs kubectl as the lab's administrator.</summary>
    internal Task<ProcessOutcome> KubectlAsync(params string[] arguments) => RunAsync(
        lab["KUBECTL"], ["--kubeconfig", lab["KUBECONFIG"], "--cache-dir", cache, .. arguments]);

    /// <summary>A kubectl that goes on running; its lines are read from its output.</summary>
    internal Process StartKubectl(params string[] arguments) => Start(
        lab["KUBECTL"], ["--kubeconfig", lab["KUBECONFIG"], "--cache-dir", cache, .. arguments]);

    /// <summary>
    /// Waits until the API server has merged the OpenAPI document: kube-apiserver, which had asked before this process
    /// served, asks again after a minute.
    /// </summary>
    internal async Task UntilDescribedAsync()
    {
        var patience = Stopwatch.StartNew();
        while (!(await KubectlAsync("get", "--raw", "/openapi/v3")).Output.Contains(
            "apis/jobs.slurmbridge.io/v1alpha1", StringComparison.Ordinal))
            Assert.True(
                patience.Elapsed < TimeSpan.FromSeconds(100), "the API server did not read the OpenAPI within 100 s");
    }

    /// <summary>
    /// The same command until it succeeds: kube-apiserver, which had found the server gone, looks again within a
    /// minute.
    /// </summary>
    internal async Task<ProcessOutcome> UntilAnsweredAsync(params string[] arguments)
    {
        var patience = Stopwatch.StartNew();
        ProcessOutcome last;
        while ((last = await KubectlAsync(arguments)).Code != 0)
            Assert.True(patience.Elapsed < TimeSpan.FromSeconds(60), last.Error);
        return last;
    }

    internal Task StopServingAsync() => host!.StopAsync(CancellationToken.None);

    internal Task<string> ServeAgainAsync() => host!.StartAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        if (host is not null)
            await host.DisposeAsync();
        Directory.Delete(cache, recursive: true);
    }

    private async Task<AggregatedApiHost> ServeAsync()
    {
        var port = int.Parse(lab["AGGREGATE_PORT"], CultureInfo.InvariantCulture);
        var host = new AggregatedApiHost(
            new IPEndPoint(IPAddress.Parse(lab["AGGREGATE_ADDRESS"]), port),
            new JobApiOptions
            {
                CertificatePath = lab["AGGREGATE_CERT"],
                KeyPath = lab["AGGREGATE_KEY"],
                Authorize = AggregatedApiHost.AlwaysAllow,
            },
            Jobs,
            NullLoggerFactory.Instance,
            TimeProvider.System) { Trust = await TrustAsync() };
        await host.StartAsync(CancellationToken.None);
        return host;
    }

    // A real API server publishes whom to trust; the lab's tells in its environment.
    private async Task<RequestHeaderTrust> TrustAsync()
    {
        if (lab["REQUESTHEADER_CA"] is { Length: > 0 } file)
            return RequestHeaderTrust.FromPem(await File.ReadAllTextAsync(file), [lab["REQUESTHEADER_NAME"]]);
        var published = await KubectlAsync(
            "get", "configmap", "-n", "kube-system", "extension-apiserver-authentication", "-o", "json");
        return RequestHeaderTrust.FromConfigMap(Encoding.UTF8.GetBytes(published.Output));
    }

    /// <summary>
    /// Waits until kubectl finds slurmjobs. The lab's API server asks each second which resources an aggregated server
    /// has, kube-apiserver within a minute.
    /// </summary>
    internal async Task UntilListedAsync()
    {
        var patience = Stopwatch.StartNew();
        ProcessOutcome last;
        do
        {
            last = await KubectlAsync("api-resources", "--api-group=jobs.slurmbridge.io", "-o", "name");
            if (last.Output.Contains("slurmjobs", StringComparison.Ordinal))
                return;
        }
        while (patience.Elapsed < TimeSpan.FromSeconds(90));
        throw new TimeoutException($"the API server did not list slurmjobs within 90 s: {last.Output}{last.Error}");
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
