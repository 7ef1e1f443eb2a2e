using Bridge.Core.Names;
using Bridge.Core.View;
using Bridge.Kube.Client;
using Bridge.Kube.Models;
using Bridge.Kube.Watch;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace Bridge.Kube.Fleet;

/// <summary>
/// Watches everything that plans are made from, and keeps one immutable view of it: nodes, ResourceSlices,
/// Bridge's slurmd pods and claims, and its three resources. Seven watches, whatever the size of the fleet, and nothing
/// per node.
/// </summary>
public sealed class KubeFleet
{
    private const string OursOnly = WellKnown.ManagedByLabel + "=" + WellKnown.ManagedByValue;
    private const string SlurmdOnly = OursOnly + "," + WellKnown.ComponentLabel + "=" + WellKnown.SlurmdComponent;

    private readonly FleetView view = new();
    private readonly List<Func<CancellationToken, Task>> runs = [];

    /// <summary>Of each informer, as of when its objects were last taken into the view.</summary>
    private readonly List<SourceState> states = [];

    /// <param name="client">The API server.</param>
    /// <param name="inNamespace">Where Bridge's resources and slurmd pods live; "" for all namespaces.</param>
    /// <param name="time">Times waits.</param>
    /// <param name="random">Seeds the jitter of each watch.</param>
    /// <param name="log">Failures.</param>
    public KubeFleet(KubeClient client, string inNamespace, TimeProvider time, Random random, ILogger<KubeFleet> log)
    {
        Informer<T> Watch<T>(KubeKind<T> kind, WatchScope scope, Func<IReadOnlyList<ObjectChange<T>>, bool> take)
            where T : class
        {
            var informer = new Informer<T>(client, kind, scope, time, new Random(random.Next()), log);
            var number = states.Count;
            informer.Changed += changes => Taken(take(changes), number, informer.State);
            runs.Add(informer.RunAsync);
            states.Add(SourceState.NotYet);
            return informer;
        }

        var here = new WatchScope(inNamespace);
        Nodes = Watch(KubeKinds.Nodes, WatchScope.All, view.Take);
        Slices = Watch(KubeKinds.ResourceSlices, WatchScope.All, view.Take);
        Pods = Watch(KubeKinds.Pods, here with { Labels = SlurmdOnly }, view.Take);
        Claims = Watch(KubeKinds.ResourceClaims, here with { Labels = OursOnly }, view.Take);
        Clusters = Watch(KubeKinds.SlurmClusters, here, view.Take);
        Pools = Watch(KubeKinds.NodePools, here, view.Take);
        Partitions = Watch(KubeKinds.PartitionPolicies, here, view.Take);
    }

    /// <summary>Raised after <see cref="View"/> has become another.</summary>
    public event Action? Changed;

    /// <summary>A new value whenever anything that Bridge reads changed; the same one while nothing did.</summary>
    public KubeView View => view.View;

    public Informer<V1Node> Nodes { get; }

    public Informer<V1ResourceSlice> Slices { get; }

    public Informer<V1Pod> Pods { get; }

    public Informer<Resourcev1ResourceClaim> Claims { get; }

    public Informer<SlurmClusterObject> Clusters { get; }

    public Informer<NodePoolObject> Pools { get; }

    public Informer<PartitionPolicyObject> Partitions { get; }

    /// <summary>
    /// Watches until told to stop. An informer that ends before that does so by a bug: all of them end then, and the
    /// bug is thrown, for its kind would stay as it was last seen and pass for current.
    /// </summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var informers = runs.Select(run => run(over.Token)).ToList();
        await Task.WhenAny(informers);
        await over.CancelAsync();
        await Task.WhenAll(informers);
    }

    // An informer knows that it is synced a moment before it hands over what it read: that moment must not show, or a
    // plan would be made without its objects. Informers have threads of their own; the last one's word is the last.
    private void Taken(bool news, int informer, SourceState state)
    {
        lock (states)
        {
            states[informer] = state;
            news |= view.TakeSource(Source());
        }
        if (news)
            Changed?.Invoke();
    }

    private SourceState Source() => new(
        states.TrueForAll(s => s.Synced),
        states.Min(s => s.Since),
        string.Join("; ", states.Where(s => s.Error.Length > 0).Select(s => s.Error)));
}
