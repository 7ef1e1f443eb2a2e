using System.Text.Json.Nodes;
using Bridge.Adapter.Tests.KubeFake;
using Bridge.Control;
using Bridge.Control.Loop;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Planning;
using Bridge.Core.Policy;
using Bridge.Kube.Client;
using Bridge.Kube.Fleet;
using Bridge.Kube.Models;
using Bridge.Kube.Writes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bridge.Adapter.Tests.Kube;

/// <summary>
/// The port of the loop against the real API machinery: each step is written, and seen again in the view.
/// </summary>
[Collection(LabKubeTests.Name)]
public sealed class KubePortTests(LabKube lab) : IAsyncLifetime
{
    private readonly CancellationTokenSource stop = new();
    private KubeClient client = null!;
    private KubeFleet fleet = null!;
    private KubePort port = null!;
    private Task running = Task.CompletedTask;
    private string inNamespace = "";
    private string node = "";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private ObjectRef About => new("Node", "", node);

    public async ValueTask InitializeAsync()
    {
        Assert.False(lab.WhyNot.Length > 0, lab.WhyNot);
        inNamespace = await lab.NewNamespaceAsync();
        node = LabKube.NewName("gpu");
        await lab.MakeAsync(KubeKinds.Nodes.Resource, new ObjectKey("", node), """
            {"metadata":{"labels":{"pool":"gpu"}},"status":{"allocatable":{"cpu":"63500m","memory":"1031Gi"},
             "conditions":[{"type":"Ready","status":"True","reason":"KubeletReady","message":"ok"}]}}
            """);
        client = lab.Client();
        fleet = new KubeFleet(client, inNamespace, TimeProvider.System, new Random(1), NullLogger<KubeFleet>.Instance);
        var writer = new KubeWriter(client);
        port = new KubePort(
            fleet, writer, new EventRecorder(writer, TimeProvider.System, NullLogger.Instance));
        running = fleet.RunAsync(stop.Token);
        await UntilAsync(() => port.View.Source.Current && port.View.Nodes.ContainsKey(node), "the view is synced");
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        client?.Dispose();
        stop.Dispose();
    }

    [Fact]
    public async Task A_node_comes_with_its_devices()
    {
        await SliceAsync("a", generation: 1, count: 2, "gpu-0");
        await UntilAsync(() => port.View.DevicesOf(this.node).State == PoolState.Unknown, "half a pool is unknown");
        await SliceAsync("b", generation: 1, count: 2, "gpu-1");
        await UntilAsync(
            () => port.View.DevicesOf(this.node).State == PoolState.Complete, "the whole pool is complete");
        var devices = port.View.DevicesOf(this.node).Devices;
        Assert.Equal(["GPU-gpu-0", "GPU-gpu-1"], devices.Select(d => d.Uuid));
        Assert.Equal(
            ("NVIDIA H100 80GB HBM3", "9.0.0", "0000:18:00.0"),
            (devices[0].Product, devices[0].ComputeCapability, devices[0].PciBusId));
        var node = port.View.Nodes[this.node];
        Assert.Equal(
            (63500L, 1031L << 30, ConditionStatus.True),
            (node.AllocatableMilliCpu, node.AllocatableMemoryBytes, node.Ready));
    }

    [Fact]
    public async Task A_slurmd_pod_and_its_claim_are_made_once_and_ended()
    {
        var claim = new ClaimSpec
        {
            Namespace = inNamespace, Name = "slurmd-n1-0a1b", Cluster = "lab", SlurmNode = new NodeName("n1"),
                KubeNode = node,
            DeviceClass = "gpu.nvidia.com", Driver = "gpu.nvidia.com", Uuids = ["GPU-a", "GPU-b"],
        };
        Assert.Equal(StepResult.Done, await port.CreateClaimAsync(claim, Cancel));
        Assert.Equal(StepResult.Done, await port.CreatePodAsync(PodSpec(claim.Name), Cancel));
        Assert.IsType<StepResult.ConflictResult>(await port.CreatePodAsync(PodSpec(claim.Name), Cancel));
        await UntilAsync(() => port.View is { Pods.Length: 1, Claims.Length: 1 }, "both are seen");
        var pod = port.View.Pods[0];
        Assert.Equal(("n1", node, "lab", "gpu"), (pod.SlurmNode.Value, pod.KubeNode, pod.Cluster, pod.Pool));
        Assert.Equal(("hash", claim.Name), (pod.SpecHash, pod.ClaimName));
        var seen = port.View.Claims[0];
        Assert.Equal(
            StepResult.Done,
            await port.DeletePodAsync(
            new DeletePod(About, "", pod.SlurmNode, pod.Namespace, pod.Name, pod.Uid), Cancel));
        var deleted = await port.DeleteClaimAsync(
            new DeleteClaim(About, "", seen.SlurmNode, seen.Namespace, seen.Name, seen.Uid), Cancel);
        Assert.Equal(StepResult.Done, deleted);
        await UntilAsync(
            () => port.View.Pods.All(p => p.Deleting) && port.View.Claims.All(c => c.Deleting),
            "both are on their way out");
    }

    [Fact]
    public async Task A_cordon_of_Bridges_own_is_made_and_taken_back_and_somebody_elses_is_left()
    {
        var seen = port.View.Nodes[node];
        var about = new ObjectRef("Node", "", node, seen.Uid);
        var uncordon = new SetCordon(about, "", node, Cordoned: false);
        var cordon = uncordon with { Cordoned = true, FirstAnnotation = seen.Annotations.IsEmpty };
        Assert.IsType<StepResult.ConflictResult>(
            await port.SetCordonAsync(cordon with { About = about with { Uid = "another" } }, Cancel));
        Assert.Equal(StepResult.Done, await port.SetCordonAsync(cordon, Cancel));
        await UntilAsync(() => port.View.Nodes[node].Cordoned, "cordoned");
        Assert.True(port.View.Nodes[node].Annotations.ContainsKey(WellKnown.CordonedAnnotation));
        Assert.Equal(StepResult.Done, await port.SetCordonAsync(uncordon, Cancel));
        await UntilAsync(() => !port.View.Nodes[node].Cordoned, "uncordoned");
        await PatchNodeAsync("""{"spec":{"unschedulable":true}}""");
        // Whether or not an informer has seen that by now.
        Assert.IsType<StepResult.ConflictResult>(await port.SetCordonAsync(uncordon, Cancel));
        Assert.IsType<StepResult.ConflictResult>(
            await port.SetCordonAsync(cordon with { FirstAnnotation = false }, Cancel));
    }

    [Fact]
    public async Task The_drain_condition_is_written_beside_the_kubelets()
    {
        var condition = new NodeCondition(ConditionStatus.True, "Drained", "maintenance [root]")
            { Since = new DateTimeOffset(2026, 11, 21, 0, 0, 0, TimeSpan.Zero) };
        Assert.Equal(
            StepResult.Done,
            await port.SetNodeConditionAsync(new SetNodeCondition(About, "", node, condition), Cancel));
        await UntilAsync(() => port.View.Nodes[node].SlurmDrained == condition, "the condition is seen");
        Assert.Equal(ConditionStatus.True, port.View.Nodes[node].Ready);
    }

    [Fact]
    public async Task One_condition_of_Bridges_does_not_erase_another()
    {
        foreach (var type in (string[])["slurmbridge.io/GpuHealthy", WellKnown.SlurmDrainedCondition])
        {
            var step = new SetNodeCondition(About, "", node, new(ConditionStatus.True, "Said", type)) { Type = type };
            Assert.Equal(StepResult.Done, await port.SetNodeConditionAsync(step, Cancel));
        }
        var (_, stored) = await lab.RawAsync(HttpMethod.Get, $"/api/v1/nodes/{node}");
        var types = stored["status"]!["conditions"]!.AsArray().Select(c => (string)c!["type"]!);
        Assert.Superset(
            new HashSet<string> { "Ready", "slurmbridge.io/GpuHealthy", WellKnown.SlurmDrainedCondition },
            types.ToHashSet());
    }

    [Fact]
    public async Task A_heartbeat_makes_no_new_view()
    {
        var before = port.View;
        var version = fleet.Nodes.Snapshot[new("", node)].Metadata.ResourceVersion;
        await lab.RawAsync(HttpMethod.Patch, $"/api/v1/nodes/{node}/status", "application/merge-patch+json", """
            {"status":{"conditions":[
             {"type":"Ready","status":"True","reason":"KubeletReady","message":"ok","lastHeartbeatTime":"2026-11-21T00:00:00Z"}]}}
            """);
        await UntilAsync(
            () => fleet.Nodes.Snapshot[new("", node)].Metadata.ResourceVersion != version, "the informer saw it");
        Assert.Same(before.Nodes[node], port.View.Nodes[node]);
    }

    [Fact]
    public async Task Statuses_and_finalizers_of_the_resources_are_written_and_read_back()
    {
        await lab.MakeAsync(KubeKinds.PartitionPolicies.Resource, new ObjectKey(inNamespace, "gpu"), """{"spec":{"cluster":"lab","pools":["gpu"]}}""");
        await UntilAsync(() => port.View.Partitions.Length == 1, "the policy is seen");
        var policy = port.View.Partitions[0];
        Assert.Equal(PartitionState.Up, policy.Spec.State);
        var claimed = new SetFinalizer(policy.Ref, "", policy.ResourceVersion, Present: true);
        Assert.Equal(StepResult.Done, await port.SetFinalizerAsync(claimed, Cancel));
        await UntilAsync(() => port.View.Partitions[0].HasFinalizer, "the finalizer is seen");
        Assert.IsType<StepResult.ConflictResult>(await port.SetFinalizerAsync(claimed, Cancel));
        var ready = new Condition
        {
            Type = "Ready", Status = ConditionStatus.False, Reason = "PoolMissing", Message = "pool gpu does not exist",
                ObservedGeneration = 1,
            LastTransitionTime = new DateTimeOffset(2026, 11, 21, 0, 0, 0, TimeSpan.Zero),
        };
        var written = new WritePartitionStatus(policy.Ref, "", [ready], new PartitionCounts { Nodes = 2, Gpus = 16 })
            { ResourceVersion = port.View.Partitions[0].ResourceVersion };
        Assert.Equal(StepResult.Done, await port.WriteStatusAsync(written, Cancel));
        await UntilAsync(() => port.View.Partitions[0].Counts.Gpus == 16, "the status is seen");
        Assert.Equal(ready, port.View.Partitions[0].Conditions.Single());
        // Of another version, as a successor of the same name would be.
        Assert.IsType<StepResult.ConflictResult>(await port.WriteStatusAsync(written, Cancel));
        var last = port.View.Partitions[0];
        Assert.Equal(
            StepResult.Done,
            await port.SetFinalizerAsync(new(last.Ref, "", last.ResourceVersion, Present: false), Cancel));
    }

    [Fact]
    public async Task The_finalizer_of_a_cluster_holds_it_and_its_annotation_is_read()
    {
        await lab.MakeAsync(KubeKinds.SlurmClusters.Resource, new ObjectKey(inNamespace, "lab"),
            """
            {"metadata":{"annotations":{"slurmbridge.io/abandon":"true"}},
             "spec":{"restUrl":"https://slurmrestd:6820","confServer":"slurmctld:6817",
                     "tokenKeyRef":{"name":"jwt","key":"jwt.key"}}}
            """);
        await UntilAsync(() => port.View.Clusters.Length == 1, "the cluster is seen");
        var cluster = port.View.Clusters[0];
        Assert.True(cluster is { Abandoned: true, HasFinalizer: false });
        var held = new SetFinalizer(cluster.Ref, "", cluster.ResourceVersion, Present: true);
        Assert.Equal(StepResult.Done, await port.SetFinalizerAsync(held, Cancel));
        await UntilAsync(() => port.View.Clusters[0].HasFinalizer, "the finalizer is seen");
        await client.SendAsync(new KubeRequest(HttpMethod.Delete, KubeKinds.SlurmClusters.Resource.Path(
            new ObjectKey(inNamespace, "lab"))), KubeKinds.SlurmClusters.Item, Cancel);
        await UntilAsync(() => port.View.Clusters[0].Deleting, "the deletion is seen");
        var last = port.View.Clusters[0];
        Assert.Equal(StepResult.Done, await port.SetFinalizerAsync(
            new(last.Ref, "", last.ResourceVersion, Present: false), Cancel));
        await UntilAsync(() => port.View.Clusters.IsEmpty, "the cluster is gone");
    }

    [Fact]
    public async Task A_repeated_event_is_one_object_with_a_count()
    {
        var about = new ObjectRef("SlurmCluster", inNamespace, "lab", "u1");
        var step = new DeletePod(about, "the node is gone", new NodeName("n1"), inNamespace, "p", "u");
        var sending = port.SendEventsAsync(stop.Token);
        foreach (var result in (StepResult[])[StepResult.Done, StepResult.Done, StepResult.Rejected("no")])
            port.Record(StepEvent.Of(new StepOutcome(step, result, DateTimeOffset.UnixEpoch))!);
        var list = new KubeRequest(HttpMethod.Get, KubeKinds.Events.Resource.Collection(inNamespace));
        // One sender and a local server: far more than three Events take.
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60), TimeProvider.System);
        KubeList<k8s.Models.Corev1Event> listed;
        do
            listed = await client.SendAsync(list, KubeKinds.Events.List, deadline.Token);
        while (!listed.Items!.Any(e => e.Type == "Warning"));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
        var normal = listed.Items!.Single(e => e.Type == "Normal");
        Assert.Equal((2, "DeletePod", "the node is gone"), (normal.Count, normal.Reason, normal.Message));
        Assert.Equal("the node is gone; not done: no", listed.Items!.Single(e => e.Type == "Warning").Message);
    }

    private SlurmdPodSpec PodSpec(string claim) => new()
    {
        Namespace = inNamespace, Name = "slurmd-n1", Cluster = "lab", Pool = "gpu", SlurmNode = new NodeName("n1"),
        KubeNode = node, KubeNodeUid = "u",
        Template = new SlurmdTemplate { Image = "slurmd:26.05" },
        SlurmKey = new SecretKeyRef { Name = "slurm", Key = "slurm.key" },
        Cpus = 4, MemoryMiB = 2048,
        Arguments = ["-D", "-Z"], Ownership = GpuOwnership.Claim, ClaimName = claim, SpecHash = "hash",
    };

    private Task<JsonObject> SliceAsync(string name, int generation, int count, string device) => lab.MakeAsync(
        KubeKinds.ResourceSlices.Resource, new ObjectKey("", $"{node}-{name}"), $$"""
        { "spec": { "driver": "gpu.nvidia.com", "nodeName": "{{node}}",
          "pool": { "name": "{{node}}", "generation": {{generation}}, "resourceSliceCount": {{count}} },
          "devices": [ { "name": "{{device}}", "attributes": {
            "type": { "string": "gpu" }, "gpu.nvidia.com/uuid": { "string": "GPU-{{device}}" },
            "productName": { "string": "NVIDIA H100 80GB HBM3" }, "cudaComputeCapability": { "version": "9.0.0" },
            "resource.kubernetes.io/pciBusID": { "string": "0000:18:00.0" } } } ] } }
        """);

    private async Task PatchNodeAsync(string patch) =>
        Assert.Equal(
            200, (await lab.RawAsync(
            HttpMethod.Patch, $"/api/v1/nodes/{node}", "application/merge-patch+json", patch)).Code);

    private static Task UntilAsync(Func<bool> condition, string what) => Eventually.TrueAsync(condition, what);
}
