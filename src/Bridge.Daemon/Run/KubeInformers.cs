using Bridge.Kube.Fleet;
using Microsoft.Extensions.Hosting;

namespace Bridge.Daemon.Run;

/// <summary>Watches Kubernetes as long as the process lives, on every replica.</summary>
public sealed class KubeInformers(KubeFleet fleet) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken) => await fleet.RunAsync(stoppingToken);
}
