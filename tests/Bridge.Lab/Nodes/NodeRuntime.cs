using System.Threading.Channels;
using Bridge.Kube.Client;
using Bridge.Kube.Models;
using Bridge.Lab.Models;
using Microsoft.Extensions.Logging;

namespace Bridge.Lab.Nodes;

/// <summary>
/// The kubelet of every node that the lab made, in one process: leases and node status, and one worker for each pod
/// that is bound to such a node. Its end is their nodes' power cut: the pods' processes end, and the next runtime
/// starts them anew.
/// </summary>
public sealed class NodeRuntime
{
    private readonly NodeRuntimeOptions options;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly NodeObjects objects;
    private readonly LabWriter writer;
    private readonly PodTools tools;
    private readonly Dictionary<string, PodWorker> workers = [];
    private volatile TaskCompletionSource nodesChanged = NewSignal();
    private int nodesSeen;
    private readonly Channel<bool> bell = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public NodeRuntime(
        KubeClient client, NodeRuntimeOptions options, TimeProvider time, Random random, ILogger<NodeRuntime> log)
    {
        this.options = options;
        this.time = time;
        this.log = log;
        objects = new NodeObjects(client, time, random, log);
        objects.Changed += () => bell.Writer.TryWrite(true);
        writer = new LabWriter(client);
        tools = new PodTools(options, writer, new PodPreparation(client, objects), new PodAddresses(), time, log);
    }

    public async Task RunAsync(CancellationToken stop)
    {
        await using var logs = await ContainerLogServer.StartAsync(options, log, stop);
        Task[] parts = [objects.RunAsync(stop), BeatAsync(new NodeHeartbeat(writer, time, logs?.Port ?? 0), stop)];
        try
        {
            while (true)
            {
                await bell.Reader.ReadAsync(stop);
                if (objects.Synced)
                    Look(stop);
            }
        }
        finally
        {
            await Task.WhenAll([.. parts, .. workers.Values.Select(w => w.Running)]);
        }
    }

    private void Look(CancellationToken stop)
    {
        var nodes = objects.Nodes;
        if (nodes.Count != nodesSeen)
        {
            nodesSeen = nodes.Count;
            nodesChanged.TrySetResult();
        }
        var pods = objects.Pods.Values.ToDictionary(p => p.Metadata.Uid);
        foreach (var (uid, worker) in workers.ToArray())
        {
            pods.TryGetValue(uid, out var pod);
            if (worker.Running.IsCompleted)
                workers.Remove(uid);
            else if (pod is null || pod.Deleting || !nodes.ContainsKey(new ObjectKey("", pod.Spec.NodeName)))
                worker.End(pod);
            else
                worker.See(pod);
        }
        foreach (var pod in pods.Values)
            if (!workers.ContainsKey(pod.Metadata.Uid) && nodes.ContainsKey(new ObjectKey("", pod.Spec.NodeName)))
                Begin(pod, stop);
    }

    private void Begin(LabPod pod, CancellationToken stop)
    {
        var worker = new PodWorker(pod, tools);
        workers.Add(pod.Metadata.Uid, worker);
        if (pod.Deleting)
            worker.End(pod);
        worker.Begin(stop);
    }

    private async Task BeatAsync(NodeHeartbeat heartbeat, CancellationToken stop)
    {
        var said = "";
        try
        {
            while (true)
            {
                var changed = nodesChanged = NewSignal();
                var failure = await heartbeat.BeatAsync(objects.Nodes.Values, stop);
                if (failure.Length > 0 && failure != said)
                    log.HeartbeatFailed(failure);
                said = failure;
                await PauseAsync(changed.Task, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopped between two beats.
        }
    }

    /// <summary>Until the next beat is due, or a node has come that no beat has reached yet.</summary>
    private async Task PauseAsync(Task nodesCame, CancellationToken stop)
    {
        try
        {
            await nodesCame.WaitAsync(options.Heartbeat, time, stop);
        }
        catch (TimeoutException)
        {
            // The usual beat.
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
