using System.Text;
using Bridge.ApiServer;
using Bridge.ApiServer.Security;
using Bridge.Daemon.Serving;
using Bridge.Daemon.Settings;
using Bridge.Kube.Client;
using k8s;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Bridge.Daemon.Run;

/// <summary>
/// Keeps the job API told whose certificate may name users: from a file, or as the API server publishes it. A rotated
/// authority is followed; while it cannot be read, the last one holds.
/// </summary>
public sealed class JobApiTrust(
    KubeClient client, TimeProvider time, ILogger<JobApiTrust> log, ApiOptions? options = null,
    JobApiServer? server = null) : BackgroundService
{
    private const string Published = "extension-apiserver-authentication";
    private static readonly TimeSpan ReadAgain = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

    private volatile string problem = "it has not been read yet";

    public IEnumerable<Part> Parts() => [new Part(
        "job-api-trust",
        server?.Trust is null ? PartState.NotReady : problem.Length > 0 ? PartState.Degraded : PartState.Ready,
        problem is { Length: > 0 } why ? $"the front proxy's authority cannot be read: {why}"
            : "the front proxy's authority is known")];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (options is not null && server is not null)
        {
            try
            {
                server.Trust = await ReadAsync(options, stoppingToken);
                problem = "";
            }
            catch (Exception wrong)
                when (wrong is IOException or UnauthorizedAccessException or FormatException or KubeException)
            {
                // Each cause is told once, however often it is met.
                if (problem != wrong.Message)
                    log.TrustUnread(wrong.Message);
                problem = wrong.Message;
            }
            await Task.Delay(problem.Length > 0 ? AfterFailure : ReadAgain, time, stoppingToken);
        }
    }

    private async Task<RequestHeaderTrust> ReadAsync(ApiOptions options, CancellationToken cancel)
    {
        if (options.RequestHeaderCaPath is { } path)
            return RequestHeaderTrust.FromPem(await File.ReadAllTextAsync(path, cancel), options.RequestHeaderNames);
        var map = await client.CallAsync(
            (api, c) => api.CoreV1.ReadNamespacedConfigMapAsync(Published, "kube-system", cancellationToken: c),
            cancel);
        return RequestHeaderTrust.FromConfigMap(Encoding.UTF8.GetBytes(KubernetesJson.Serialize(map)));
    }
}
