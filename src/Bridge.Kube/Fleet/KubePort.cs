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
public sealed class KubePort(KubeFleet fleet, KubeWriter writer, EventRecorder events) : IKubePort
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
        var (resource, finalizer) = step.About.Kind == KubeKinds.SlurmClusters.Resource.Kind
            ? (KubeKinds.SlurmClusters.Resource, WellKnown.ClusterFinalizer)
            : (KubeKinds.PartitionPolicies.Resource, WellKnown.PartitionFinalizer);
        string[] wanted = step.Present ? [.. step.Others, finalizer] : [.. step.Others];
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject
                { ["finalizers"] = new JsonArray([.. wanted.Select(f => JsonValue.Create(f))]) },
        };
        var key = new ObjectKey(step.About.Namespace, step.About.Name);
        return writer.MergeAsync(new WriteTarget(resource, key), patch, step.ResourceVersion, cancel);
    }

    public Task<StepResult> SetNodeConditionAsync(SetNodeCondition step, CancellationToken cancel)
    {
        var body = new JsonObject
        {
            ["status"] = new JsonObject
            {
                ["conditions"] = new JsonArray(new JsonObject
                {
                    ["type"] = step.Type,
                    ["status"] = step.Condition.Status.ToString(),
                    ["reason"] = step.Condition.Reason,
                    ["message"] = step.Condition.Message,
                    ["lastTransitionTime"] = EventRecorder.Seconds(step.Condition.Since),
                }),
            },
        };
        var target = new WriteTarget(KubeKinds.Nodes.Resource, new ObjectKey("", step.KubeNode), "status", step.Type);
        return writer.ApplyAsync(target, body, force: true, "", cancel);
    }

    /// <summary>
    /// Never uncordons a node that Bridge did not cordon, nor claims one that somebody else did: the API server tests
    /// it with the write. A version would not do, because a kubelet moves it by reporting in.
    /// </summary>
    public Task<StepResult> SetCordonAsync(SetCordon step, CancellationToken cancel)
    {
        const string Cordon = "/spec/unschedulable";
        const string Annotations = "/metadata/annotations";
        const string Mark = $"{Annotations}/slurmbridge.io~1cordoned";
        var patch = new List<JsonNode?>();
        if (step.About.Uid.Length > 0)
            patch.Add(Operation("test", "/metadata/uid", step.About.Uid));
        if (step.Cordoned)
        {
            patch.Add(Operation("test", Cordon, null));
            if (step.FirstAnnotation)
                patch.AddRange(
                    [Operation("test", Annotations, null), Operation("add", Annotations, new JsonObject())]);
            patch.Add(Operation("add", Mark, "true"));
        }
        else
            patch.AddRange([Operation("test", Mark, "true"), Operation("remove", Mark, null)]);
        patch.Add(Operation("add", Cordon, step.Cordoned));
        return writer.PatchAsync(
            new WriteTarget(KubeKinds.Nodes.Resource, new ObjectKey("", step.KubeNode)), new JsonArray([.. patch]),
            cancel);
    }

    // A test for null holds where there is nothing.
    private static JsonObject Operation(string what, string path, JsonNode? value) =>
        new() { ["op"] = what, ["path"] = path, ["value"] = value };

    public Task<StepResult> WriteStatusAsync(WriteStatus step, CancellationToken cancel)
    {
        var (resource, status) = StatusBody.Of(step);
        var body = new JsonObject
        {
            ["metadata"] = new JsonObject { ["resourceVersion"] = step.ResourceVersion }, ["status"] = status,
        };
        var key = new ObjectKey(step.About.Namespace, step.About.Name);
        return writer.ApplyAsync(new WriteTarget(resource, key, "status"), body, force: true, "", cancel);
    }

    /// <summary>Returns at once. Best effort: a failure is logged, never acted on.</summary>
    public void Record(StepEvent news) =>
        events.Record(news.About, ApiVersionOf(news.About.Kind), news.Warning, (news.Reason, news.Message));

    /// <inheritdoc cref="EventRecorder.RunAsync"/>
    public Task SendEventsAsync(CancellationToken stop) => events.RunAsync(stop);

    private static string ApiVersionOf(string kind) => kind switch
    {
        "Node" or "Pod" or "Namespace" => "v1",
        "ResourceClaim" or "ResourceSlice" => "resource.k8s.io/v1",
        _ => WellKnown.ApiVersion,
    };
}
