using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Bridge.Control;
using Bridge.Kube.Writes;
using Bridge.Lab.Models;

namespace Bridge.Lab.Scheduling;

/// <summary>
/// Carries decisions out. Every write carries the version or uid that it was decided on, so a stale one comes back as
/// Conflict.
/// </summary>
public sealed class SchedulerWriter(LabWriter writer, TimeProvider time)
{
    /// <summary>
    /// What was written and the version that it had before: while a view still shows that version, it is stale.
    /// </summary>
    private readonly Dictionary<WriteTarget, string> written = [];

    /// <summary>
    /// Whether the view shows all that was written. Deciding on one that does not would give a device away twice.
    /// </summary>
    public bool Settled(SchedulerView view)
    {
        foreach (var (target, before) in written)
        {
            var now = target.Resource == LabKinds.Pods.Resource
                ? view.Pods.GetValueOrDefault(target.Key)?.Metadata.ResourceVersion
                : view.Claims.GetValueOrDefault(target.Key)?.Metadata.ResourceVersion;
            if (now != before)
                written.Remove(target);
        }
        return written.Count == 0;
    }

    public Task<StepResult> DoAsync(Decision decision, CancellationToken cancel) => decision switch
    {
        BindPod bind => BindAsync(bind, cancel),
        HoldPod hold => SayScheduledAsync(hold.Pod, Scheduled("False", "Unschedulable", hold.Message), cancel),
        ReleaseClaim release => ReleaseAsync(release, cancel),
        CollectClaim collect =>
        writer.DeleteAsync(ClaimTarget(collect.Claim), collect.Claim.Metadata.Uid, null, cancel),
        CollectPod collect => writer.DeleteAsync(PodTarget(collect.Pod), collect.Pod.Metadata.Uid, 0, cancel),
        _ => throw new ArgumentOutOfRangeException(nameof(decision), decision, "no such decision"),
    };

    private async Task<StepResult> BindAsync(BindPod bind, CancellationToken cancel)
    {
        foreach (var grant in bind.Grants)
        {
            var granted = await GrantAsync(grant, bind, cancel);
            if (granted is not StepResult.DoneResult)
                return granted;
        }
        var body = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Binding",
            ["metadata"] = new JsonObject
            {
                ["name"] = bind.Pod.Metadata.Name,
                ["namespace"] = bind.Pod.Metadata.Namespace,
                ["uid"] = bind.Pod.Metadata.Uid,
            },
            ["target"] = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Node", ["name"] = bind.Node },
        };
        var result = await writer.PostAsync(PodTarget(bind.Pod, "binding").Path, body, cancel);
        if (result is not StepResult.DoneResult)
            return result;
        written[PodTarget(bind.Pod)] = bind.Pod.Metadata.ResourceVersion;
        // kube-apiserver sets this with the binding; the lab's does not, and setting it twice is no harm.
        return await SayScheduledAsync(bind.Pod, Scheduled("True", "", ""), cancel);
    }

    private async Task<StepResult> GrantAsync(ClaimGrant grant, BindPod bind, CancellationToken cancel)
    {
        var claim = grant.Claim;
        if (claim.Status.ReservedFor.Any(c => c.Uid == bind.Pod.Metadata.Uid))
            return StepResult.Done;
        if (!claim.Metadata.Finalizers.Contains(LabKeys.ClaimFinalizer))
        {
            // First the finalizer: a claim that holds devices must not vanish without giving them back. It changes the
            // version, so the grant itself comes in the next round.
            var finalizers = new JsonArray(
                [.. claim.Metadata.Finalizers.Append(LabKeys.ClaimFinalizer).Select(f => JsonValue.Create(f))]);
            var patch = new JsonObject { ["metadata"] = new JsonObject { ["finalizers"] = finalizers } };
            var marked = await MergeClaimAsync(claim, "", patch, cancel);
            return marked is StepResult.DoneResult
                ? StepResult.Conflict("the claim has its finalizer now; granted next") : marked;
        }
        var pod = new ClaimConsumer { Resource = "pods", Name = bind.Pod.Metadata.Name, Uid = bind.Pod.Metadata.Uid };
        var status = new JsonObject { ["reservedFor"] = Consumers(claim.Status.ReservedFor.Append(pod)) };
        if (grant.Results is { } results)
            status["allocation"] = Allocation(results, bind.Node);
        return await MergeClaimAsync(claim, "status", new JsonObject { ["status"] = status }, cancel);
    }

    private async Task<StepResult> ReleaseAsync(ReleaseClaim release, CancellationToken cancel)
    {
        var claim = release.Claim;
        if (claim.Status.ReservedFor.Count > 0 || claim.Status.Allocation is not null)
        {
            var status = new JsonObject { ["reservedFor"] = Consumers(release.Remaining) };
            if (release.Remaining.IsEmpty)
                status["allocation"] = null;
            return await MergeClaimAsync(claim, "status", new JsonObject { ["status"] = status }, cancel);
        }
        var rest = claim.Metadata.Finalizers.Where(f => f != LabKeys.ClaimFinalizer).Select(f => JsonValue.Create(f));
        var patch = new JsonObject { ["metadata"] = new JsonObject { ["finalizers"] = new JsonArray([.. rest]) } };
        return await MergeClaimAsync(claim, "", patch, cancel);
    }

    private async Task<StepResult> MergeClaimAsync(
        LabClaim claim, string subresource, JsonObject patch, CancellationToken cancel)
    {
        var target = ClaimTarget(claim);
        var result = await writer.MergeAsync(
            target with { Subresource = subresource }, patch, claim.Metadata.ResourceVersion, cancel);
        if (result is StepResult.DoneResult)
            written[target] = claim.Metadata.ResourceVersion;
        return result;
    }

    private async Task<StepResult> SayScheduledAsync(LabPod pod, JsonObject condition, CancellationToken cancel)
    {
        var result = await writer.PatchAsync(PodTarget(pod, "status"), Conditions(condition, pod), cancel);
        if (result is StepResult.DoneResult)
            written[PodTarget(pod)] = pod.Metadata.ResourceVersion;
        return result;
    }

    private JsonObject Allocation(ImmutableArray<LabDeviceResult> results, string node) => new()
    {
        ["devices"] = new JsonObject
        {
            ["results"] = new JsonArray([.. results.Select(r => new JsonObject
            {
                ["request"] = r.Request, ["driver"] = r.Driver, ["pool"] = r.Pool, ["device"] = r.Device,
            })]),
        },
        ["nodeSelector"] = new JsonObject
        {
            ["nodeSelectorTerms"] = new JsonArray(new JsonObject
            {
                ["matchFields"] = new JsonArray(new JsonObject
                {
                    ["key"] = "metadata.name", ["operator"] = "In", ["values"] = new JsonArray(node),
                }),
            }),
        },
        ["allocationTimestamp"] = Timestamp(time.GetUtcNow()),
    };

    private JsonObject Scheduled(string status, string reason, string message) => new()
    {
        ["type"] = "PodScheduled",
        ["status"] = status,
        ["reason"] = reason,
        ["message"] = message,
        ["lastTransitionTime"] = Timestamp(time.GetUtcNow()),
    };

    private static JsonObject Conditions(JsonObject condition, LabPod pod) => new()
    {
        ["metadata"] = new JsonObject { ["uid"] = pod.Metadata.Uid },
        ["status"] = new JsonObject { ["conditions"] = new JsonArray(condition) },
    };

    private static JsonArray Consumers(IEnumerable<ClaimConsumer> consumers) =>
        new([.. consumers.Select(
            c => new JsonObject { ["resource"] = c.Resource, ["name"] = c.Name, ["uid"] = c.Uid })]);

    private static string Timestamp(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static WriteTarget PodTarget(LabPod pod, string subresource = "") =>
        new(LabKinds.Pods.Resource, pod.Metadata.Key(), subresource);

    private static WriteTarget ClaimTarget(LabClaim claim) => new(LabKinds.Claims.Resource, claim.Metadata.Key());
}
