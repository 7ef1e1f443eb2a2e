using System.Collections.Immutable;
using Bridge.Kube.Client;
using Bridge.Kube.Models;
using Bridge.Kube.Watch;
using Bridge.Lab.Models;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace Bridge.Lab.Nodes;

/// <summary>What the node runtime watches: the nodes that the lab made, and all pods, claims and slices.</summary>
internal sealed class NodeObjects
{
    private readonly Informer<NodeObject> nodes;
    private readonly Informer<LabPod> pods;
    private readonly Informer<LabClaim> claims;
    private readonly Informer<V1ResourceSlice> slices;

    public NodeObjects(KubeClient client, TimeProvider time, Random random, ILogger log)
    {
        var made = new WatchScope(Labels: LabKeys.MadeSelector);
        nodes = new(client, LabKinds.Nodes, made, time, new Random(random.Next()), log);
        pods = new(client, LabKinds.Pods, WatchScope.All, time, new Random(random.Next()), log);
        claims = new(client, LabKinds.Claims, WatchScope.All, time, new Random(random.Next()), log);
        slices = new(client, KubeKinds.ResourceSlices, made, time, new Random(random.Next()), log);
        nodes.Changed += _ => Changed?.Invoke();
        pods.Changed += _ => Changed?.Invoke();
        claims.Changed += _ => Changed?.Invoke();
        slices.Changed += _ => Changed?.Invoke();
    }

    public event Action? Changed;

    public ImmutableDictionary<ObjectKey, NodeObject> Nodes => nodes.Snapshot;

    public ImmutableDictionary<ObjectKey, LabPod> Pods => pods.Snapshot;

    public ImmutableDictionary<ObjectKey, LabClaim> Claims => claims.Snapshot;

    public IReadOnlyCollection<V1ResourceSlice> Slices => [.. slices.Snapshot.Values];

    public bool Synced => nodes.State.Synced && pods.State.Synced && claims.State.Synced && slices.State.Synced;

    public Task RunAsync(CancellationToken stop) =>
        Task.WhenAll(nodes.RunAsync(stop), pods.RunAsync(stop), claims.RunAsync(stop), slices.RunAsync(stop));
}
