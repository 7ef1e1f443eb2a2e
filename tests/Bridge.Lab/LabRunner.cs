using Bridge.Kube.Client;
using Bridge.Lab.Nodes;
using Bridge.Lab.Scheduling;
using Microsoft.Extensions.Logging;

namespace Bridge.Lab;

/// <summary>
/// The rest of a one-machine Kubernetes beside the API server: node runtime and, unless the cluster has its own,
/// scheduler.
/// </summary>
public static class LabRunner
{
    /// <summary>Runs until told to stop; then the pods' processes are ended.</summary>
    public static async Task RunAsync(
        KubeClient client, NodeRuntimeOptions options, bool scheduler, ILoggerFactory logs, CancellationToken stop)
    {
        var time = TimeProvider.System;
        var random = new Random();
        var nodes = new NodeRuntime(client, options, time, new Random(random.Next()), logs.CreateLogger<NodeRuntime>());
        using var together = CancellationTokenSource.CreateLinkedTokenSource(stop);
        List<Task> parts = [nodes.RunAsync(together.Token)];
        if (scheduler)
            parts.Add(new LabScheduler(client, time, random, logs.CreateLogger<LabScheduler>())
                .RunAsync(together.Token));
        try
        {
            // The first to end is either told to, or broken: neither lets the other go on.
            await await Task.WhenAny(parts);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // As asked.
        }
        finally
        {
            await together.CancelAsync();
            await Task.WhenAll(parts).ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }
}
