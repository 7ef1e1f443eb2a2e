using System.Text.Json.Nodes;
using Bridge.Control;
using Bridge.Control.Loop;
using Bridge.Control.Ports;
using Bridge.Core.Names;
using Bridge.Core.Planning;
using Bridge.Core.View;
using Bridge.Kube.Models;
using Bridge.Kube.Writes;
using k8s;

namespace Bridge.Kube.Fleet;

/// <summary>Kubernetes for the loop: the fleet's view to read, and each step as one write.</summary>
public sealed class KubePort(KubeFleet fleet, KubeWriter writer, EventRecorder events, TimeProvider time) : IKubePort
{
    public KubeView View => fleet.View;

    public event Action? Changed
    {
        add => fleet.Changed += value;
        remove => fleet.Changed -= value;
    }

    public Task<StepResult> CreateClaimAsync(ClaimSpec claim, CancellationToken cancel)
    {
        var body = SlurmdPodBody.Claim(claim);
        return writer.CreateAsync(
            body,
            (api, c) => api.ResourceV1.CreateNamespacedResourceClaimAsync(
                body, claim.Namespace, fieldManager: WellKnown.FieldManager, cancellationToken: c),
            cancel);
    }

    public Task<StepResult> CreatePodAsync(SlurmdPodSpec pod, CancellationToken cancel)
    {
        var body = SlurmdPodBody.Pod(pod);
        return writer.CreateAsync(
            body,
            (api, c) => api.CoreV1.CreateNamespacedPodAsync(
                body, pod.Namespace, fieldManager: WellKnown.FieldManager, cancellationToken: c),
            cancel);
    }

    public Task<StepResult> DeletePodAsync(DeletePod step, CancellationToken cancel) =>
        writer.DeleteAsync(
            new WriteTarget(KubeKinds.Pods.Resource, new ObjectKey(step.Namespace, step.Name)), step.Uid, "", cancel);

    public Task<StepResult> DeleteClaimAsync(DeleteClaim step, CancellationToken cancel) =>
        writer.DeleteAsync(
            new WriteTarget(KubeKinds.ResourceClaims.Resource, new ObjectKey(step.Namespace, step.Name)), step.Uid, "",
            cancel);

    /// <summary>Others' finalizers stay as they are at the version that the step saw.</summary>
    public Task<StepResult> SetFinalizerAsync(SetFinalizer step, CancellationToken cancel)
    {
        var key = new ObjectKey(step.About.Namespace, step.About.Name);
        var (resource, finalizer, stored) = step.About.Kind == KubeKinds.SlurmClusters.Resource.Kind
            ? (KubeKinds.SlurmClusters.Resource, WellKnown.ClusterFinalizer,
                fleet.Clusters.Snapshot.GetValueOrDefault(key)?.Metadata)
            : (KubeKinds.PartitionPolicies.Resource, WellKnown.PartitionFinalizer,
                fleet.Partitions.Snapshot.GetValueOrDefault(key)?.Metadata);
        if (stored is null || stored.ResourceVersion != step.ResourceVersion)
            return Task.FromResult(StepResult.Conflict($"{step.About} is no longer at version {step.ResourceVersion}"));
        var others = stored.Finalizers.Where(f => f != finalizer);
        string[] wanted = step.Present ? [.. others, finalizer] : [.. others];
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject
                { ["finalizers"] = new JsonArray([.. wanted.Select(f => JsonValue.Create(f))]) },
        };
        return writer.MergeAsync(new WriteTarget(resource, key), patch, step.ResourceVersion, cancel);
    }

    public Task<StepResult> SetNodeConditionAsync(SetNodeCondition step, CancellationToken cancel)
    {
        var key = new ObjectKey("", step.KubeNode);
        var stored = fleet.Nodes.Snapshot.GetValueOrDefault(key);
        var before = stored?.Status?.Conditions?.FirstOrDefault(c => c.Type == step.Type);
        var status = step.Condition.Status.ToString();
        var now = time.GetUtcNow();
        var since = before?.Status == status && before.LastTransitionTime is { } known ? known : now;
        var body = new JsonObject
        {
            ["status"] = new JsonObject
            {
                ["conditions"] = new JsonArray(new JsonObject
                {
                    ["type"] = step.Type,
                    ["status"] = status,
                    ["reason"] = step.Condition.Reason,
                    ["message"] = step.Condition.Message,
                    ["lastTransitionTime"] = EventRecorder.Seconds(since),
                }),
            },
        };
        var target = new WriteTarget(KubeKinds.Nodes.Resource, key, "status", step.Type);
        return writer.ApplyAsync(target, body, force: true, stored?.Metadata.ResourceVersion ?? "", cancel);
    }

    /// <summary>Never uncordons a node that Bridge did not cordon, nor claims one that somebody else did.</summary>
    public Task<StepResult> SetCordonAsync(SetCordon step, CancellationToken cancel)
    {
        var key = new ObjectKey("", step.KubeNode);
        if (!fleet.Nodes.Snapshot.TryGetValue(key, out var stored))
            return Task.FromResult(StepResult.Conflict($"node {step.KubeNode} is not known any more"));
        var ours = stored.Metadata.Annotations?.ContainsKey(WellKnown.CordonedAnnotation) == true;
        if (step.Cordoned ? stored.Spec?.Unschedulable == true : !ours)
            return Task.FromResult(
                StepResult.Conflict(
                $"node {step.KubeNode} was {(step.Cordoned ? "cordoned" : "taken over")} by somebody else"));
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["annotations"] = new JsonObject { [WellKnown.CordonedAnnotation] = step.Cordoned ? "true" : null },
            },
            ["spec"] = new JsonObject { ["unschedulable"] = step.Cordoned ? true : null },
        };
        return writer.MergeAsync(
            new WriteTarget(KubeKinds.Nodes.Resource, key), patch, stored.Metadata.ResourceVersion, cancel);
    }

    public Task<StepResult> WriteStatusAsync(WriteStatus step, CancellationToken cancel)
    {
        var (resource, status) = StatusBody.Of(step);
        var key = new ObjectKey(step.About.Namespace, step.About.Name);
        var stored = StoredOf(step, key);
        // The API server checks no uid on a status: what was planned for a deleted object must not reach its successor
        // of the same name.
        if (stored is not null && step.About.Uid.Length > 0 && stored.Uid != step.About.Uid)
            return Task.FromResult(StepResult.Conflict($"{step.About} is another object by now"));
        var body = new JsonObject { ["status"] = status };
        return writer.ApplyAsync(
            new WriteTarget(resource, key, "status"), body, force: true, stored?.ResourceVersion ?? "", cancel);
    }

    /// <summary>Returns at once. Best effort: a failure is logged, never acted on.</summary>
    public void Record(StepEvent news) =>
        events.Record(news.About, ApiVersionOf(news.About.Kind), news.Warning, (news.Reason, news.Message));

    /// <inheritdoc cref="EventRecorder.RunAsync"/>
    public Task SendEventsAsync(CancellationToken stop) => events.RunAsync(stop);

    private Meta? StoredOf(WriteStatus step, ObjectKey key) => step switch
    {
        WriteClusterStatus => fleet.Clusters.Snapshot.GetValueOrDefault(key)?.Metadata,
        WritePoolStatus => fleet.Pools.Snapshot.GetValueOrDefault(key)?.Metadata,
        _ => fleet.Partitions.Snapshot.GetValueOrDefault(key)?.Metadata,
    };

    private static string ApiVersionOf(string kind) => kind switch
    {
        "Node" or "Pod" or "Namespace" => "v1",
        "ResourceClaim" or "ResourceSlice" => "resource.k8s.io/v1",
        _ => WellKnown.ApiVersion,
    };
}
