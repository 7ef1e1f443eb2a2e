using Bridge.Control;
using Bridge.Control.Ports;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Planning;
using Bridge.Core.View;
using Bridge.Sim.Checks;
using Bridge.Sim.World;

namespace Bridge.Sim.Ports;

/// <summary>Kubernetes with an informer that lags: it shows every revision, in order, up to some ticks late.</summary>
internal sealed class SimKube(SimWorld world, Faults faults, Safety safety) : IKubePort
{
    private readonly Queue<(int Tick, KubeView View)> undelivered = new();
    private KubeView newest = new();
    private int brokenUntil;

    public KubeView View { get; private set; } = new();

    public event Action? Changed;

    private KubeWorld Kube => world.Kube;

    /// <summary>Takes what is new from the world and shows what has arrived by now.</summary>
    public void Deliver()
    {
        if (!ReferenceEquals(newest, Kube.View))
            undelivered.Enqueue((world.Tick, newest = Kube.View));
        if (faults.Fails(1) && world.Tick >= brokenUntil)
            Break();
        if (world.Tick < brokenUntil)
            return;
        var before = View;
        while (undelivered.TryPeek(out var next) && (world.Tick - next.Tick >= Causes.KubeLag || !faults.Fails(40)))
            View = undelivered.Dequeue().View;
        if (View.Source.Error.Length > 0 && undelivered.Count == 0)
            View = newest;
        if (!ReferenceEquals(before, View))
            Changed?.Invoke();
    }

    private void Break()
    {
        brokenUntil = world.Tick + world.Random.Next(2, 10);
        View = View with { Source = View.Source with { Error = "the watch of nodes is cut" } };
        world.Trace.Add("the watch is cut");
        Changed?.Invoke();
    }

    private Task<StepResult> WriteAsync(
        string what, bool bookkeeping, Func<StepResult> apply, CancellationToken cancel) =>
        faults.WriteAsync(what, () =>
        {
            if (!bookkeeping)
                safety.OnWrite(what);
            return apply();
        }, cancel);

    // What the end of a deleted cluster needs may be done without Slurm, and never without Kubernetes.
    private Task<StepResult> EndAsync(string what, Func<StepResult> apply, CancellationToken cancel) =>
        WriteAsync(what, Kube.Cluster.Deleting, () =>
        {
            if (Kube.Cluster.Deleting)
                safety.OnEnd(what);
            return apply();
        }, cancel);

    public Task<StepResult> CreateClaimAsync(ClaimSpec claim, CancellationToken cancel) => WriteAsync(
        $"create claim {claim.Name}", false, () =>
    {
        if (Kube.Claims.ContainsKey(claim.Name))
            return StepResult.Conflict("exists already");
        Kube.Claims[claim.Name] = new SimClaim(claim, new SlurmdClaim
        {
            Namespace = claim.Namespace, Name = claim.Name, Uid = Kube.NewUid(claim.Name),
            SlurmNode = claim.SlurmNode, Cluster = claim.Cluster,
        });
        Kube.Touch();
        return StepResult.Done;
    }, cancel);

    public Task<StepResult> CreatePodAsync(SlurmdPodSpec pod, CancellationToken cancel) => WriteAsync(
        $"create pod {pod.Name}", false, () =>
    {
        if (Kube.Pods.ContainsKey(pod.Name))
            return StepResult.Conflict("exists already");
        var seen = new SlurmdPod
        {
            Namespace = pod.Namespace, Name = pod.Name, Uid = Kube.NewUid(pod.Name), SlurmNode = pod.SlurmNode,
            KubeNode = pod.KubeNode, Cluster = pod.Cluster, Pool = pod.Pool, SpecHash = pod.SpecHash,
            ClaimName = pod.ClaimName, Phase = PodPhase.Pending,
        };
        Kube.Pods[pod.Name] = new SimPod(pod, seen, world.Tick + world.Random.Next(1, 4));
        Kube.Touch();
        return StepResult.Done;
    }, cancel);

    public Task<StepResult> DeletePodAsync(DeletePod step, CancellationToken cancel) => WriteAsync(
        step.Why, false, () =>
    {
        if (!Kube.Pods.TryGetValue(step.Name, out var pod))
            return StepResult.Gone;
        if (pod.Seen.Uid != step.Uid)
            return StepResult.Conflict("another pod by now");
        safety.OnPodDeleted(pod, step.Why);
        Kube.EndPod(pod, world.Tick + world.Random.Next(1, 5));
        return StepResult.Done;
    }, cancel);

    public Task<StepResult> DeleteClaimAsync(DeleteClaim step, CancellationToken cancel) => EndAsync(
        step.Why, () =>
    {
        if (!Kube.Claims.TryGetValue(step.Name, out var claim))
            return StepResult.Gone;
        if (claim.Seen.Uid != step.Uid)
            return StepResult.Conflict("another claim by now");
        Kube.DeleteClaim(claim);
        return StepResult.Done;
    }, cancel);

    public Task<StepResult> SetFinalizerAsync(SetFinalizer step, CancellationToken cancel) =>
        step.About == Kube.Cluster.Ref ? EndAsync(step.Why, () => OfCluster(step), cancel)
            : WriteAsync(step.Why, false, () => OfPolicy(step), cancel);

    private StepResult OfPolicy(SetFinalizer step)
    {
        if (!Kube.Policies.TryGetValue(step.About.Name, out var policy))
            return StepResult.Gone;
        if (policy.ResourceVersion != step.ResourceVersion)
            return StepResult.Conflict("the policy has moved on");
        // The API server takes no new finalizer on what is being deleted.
        if (step.Present && policy.Deleting)
            return StepResult.Rejected("the policy is being deleted");
        Kube.Put(policy with { HasFinalizer = step.Present });
        return StepResult.Done;
    }

    private StepResult OfCluster(SetFinalizer step)
    {
        if (Kube.ClusterIsGone)
            return StepResult.Gone;
        if (Kube.Cluster.ResourceVersion != step.ResourceVersion)
            return StepResult.Conflict("the cluster has moved on");
        if (!step.Present)
            safety.OnClusterReleased();
        Kube.Put(Kube.Cluster with { HasFinalizer = step.Present });
        return StepResult.Done;
    }

    public Task<StepResult> SetNodeConditionAsync(SetNodeCondition step, CancellationToken cancel) =>
        OnNode(step.KubeNode, step, node => node with { SlurmDrained = step.Condition }, cancel);

    public Task<StepResult> SetCordonAsync(SetCordon step, CancellationToken cancel) => OnNode(
        step.KubeNode, step, node =>
    {
        var ours = node.Annotations.ContainsKey(WellKnown.CordonedAnnotation);
        if (step.Cordoned ? node.Cordoned : !ours)
            return null;
        var annotations = step.Cordoned
            ? node.Annotations.SetItem(WellKnown.CordonedAnnotation, "true")
            : node.Annotations.Remove(WellKnown.CordonedAnnotation);
        return node with { Cordoned = step.Cordoned, Annotations = annotations };
    }, cancel);

    private Task<StepResult> OnNode(
        string name, Step step, Func<KubeNode, KubeNode?> change, CancellationToken cancel) =>
        WriteAsync(step.Why, step.Bookkeeping, () =>
        {
            if (!Kube.Nodes.TryGetValue(name, out var node))
                return StepResult.Gone;
            if (change(node) is not { } changed)
                return StepResult.Conflict("somebody else did");
            Kube.Put(changed);
            return StepResult.Done;
        }, cancel);

    public Task<StepResult> WriteStatusAsync(WriteStatus step, CancellationToken cancel) =>
        WriteAsync($"status of {step.About.Name}: {step.Why}", true, () => ApplyStatus(step), cancel);

    private StepResult ApplyStatus(WriteStatus step)
    {
        switch (step)
        {
            case WriteClusterStatus s when !Kube.ClusterIsGone:
                Kube.Put(Kube.Cluster with
                {
                    Conditions = s.Conditions, Counts = s.Counts, SlurmVersion = s.SlurmVersion,
                    DataParser = s.DataParser,
                });
                break;
            case WritePoolStatus s when Kube.Pools.TryGetValue(s.About.Name, out var pool):
                Kube.Pools[s.About.Name] = pool with { Conditions = s.Conditions, Counts = s.Counts };
                break;
            case WritePartitionStatus s when Kube.Policies.TryGetValue(s.About.Name, out var policy):
                if (policy.Ref.Uid != s.About.Uid)
                    return StepResult.Conflict("another policy by now");
                Kube.Put(policy with { Conditions = s.Conditions, Counts = s.Counts });
                break;
            default:
                return StepResult.Gone;
        }
        Kube.Touch();
        return StepResult.Done;
    }
}
