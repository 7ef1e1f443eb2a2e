using System.Globalization;
using Bridge.Lab.Models;

namespace Bridge.Lab.Scheduling;

/// <summary>Whether a node takes a pod, claims aside. A refusal is in the words of kube-scheduler's plugins.</summary>
public static class NodeFit
{
    private const string UnschedulableTaint = "node.kubernetes.io/unschedulable";
    private const string NotReadyTaint = "node.kubernetes.io/not-ready";
    private const long DefaultPods = 110;

    /// <summary>Empty when the pod fits.</summary>
    public static string Refusal(LabPod pod, NodeObject node, IReadOnlyCollection<LabPod> onNode) =>
        Affinity(pod, node) ? Tainted(pod, node) is { Length: > 0 } taint ? taint : Resources(pod, node, onNode)
        : "node(s) didn't match Pod's node affinity/selector";

    /// <summary>core/v1 NodeSelector against a node.</summary>
    public static bool Selects(LabNodeSelector selector, NodeObject node) => selector.NodeSelectorTerms.Any(term =>
        term.MatchExpressions.Count + term.MatchFields.Count > 0
        && term.MatchExpressions.All(r => Holds(r, node.Metadata.Labels.GetValueOrDefault(r.Key)))
        && term.MatchFields.All(r => r.Key == "metadata.name" && Holds(r, node.Metadata.Name)));

    private static bool Affinity(LabPod pod, NodeObject node) =>
        (pod.Spec.NodeSelector ?? new Dictionary<string, string>()).All(
            wanted => node.Metadata.Labels.GetValueOrDefault(wanted.Key) == wanted.Value)
        && (pod.Spec.Affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution is not { } required
            || Selects(required, node));

    private static bool Holds(LabRequirement requirement, string? actual) => requirement.Operator switch
    {
        "In" => actual is not null && requirement.Values.Contains(actual),
        "NotIn" => actual is null || !requirement.Values.Contains(actual),
        "Exists" => actual is not null,
        "DoesNotExist" => actual is null,
        "Gt" => Compare(requirement, actual) > 0,
        "Lt" => Compare(requirement, actual) < 0,
        _ => false,
    };

    private static int Compare(LabRequirement requirement, string? actual) =>
        requirement.Values.Count == 1
        && long.TryParse(actual, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var left)
        && long.TryParse(
            requirement.Values[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var right)
            ? left.CompareTo(right)
            : 0;

    /// <summary>
    /// What a controller manager would have tainted (a node that is not ready, or cordoned) counts as tainted here.
    /// </summary>
    private static string Tainted(LabPod pod, NodeObject node)
    {
        var taints = node.Spec.Taints.Where(t => t.Effect is "NoSchedule" or "NoExecute").ToList();
        if (node.Spec.Unschedulable)
            taints.Add(new ObjectTaint { Key = UnschedulableTaint, Effect = "NoSchedule" });
        if (!node.Status.Conditions.Any(c => c is { Type: "Ready", Status: "True" }))
            taints.Add(new ObjectTaint { Key = NotReadyTaint, Effect = "NoSchedule" });
        var hard = taints.FirstOrDefault(taint => !pod.Spec.Tolerations.Any(t => t.Tolerates(taint)));
        return hard is null ? "" : $"node(s) had untolerated taint {{{hard.Key}: {hard.Value}}}";
    }

    private static string Resources(LabPod pod, NodeObject node, IReadOnlyCollection<LabPod> onNode)
    {
        var allocatable = node.Status.Allocatable ?? new Dictionary<string, string>();
        if (onNode.Count + 1 > Amount(allocatable.GetValueOrDefault("pods"), DefaultPods))
            return "Too many pods";
        foreach (var (resource, wanted) in Requests(pod))
        {
            var used = onNode.Sum(other => Requests(other).GetValueOrDefault(resource));
            if (wanted > 0 && wanted + used > Amount(allocatable.GetValueOrDefault(resource), 0))
                return $"Insufficient {resource}";
        }
        return "";
    }

    private static decimal Amount(string? text, decimal otherwise) =>
        Quantity.TryParse(text, out var value) ? value : otherwise;

    /// <summary>Requests by resource; a limit stands for a request that is not there.</summary>
    public static Dictionary<string, decimal> Requests(LabPod pod)
    {
        var sum = new Dictionary<string, decimal>();
        foreach (var resources in pod.Spec.Containers.Select(c => c.Resources).OfType<LabResources>())
        {
            var requests = new Dictionary<string, string>(resources.Limits ?? new Dictionary<string, string>());
            foreach (var (name, text) in resources.Requests ?? new Dictionary<string, string>())
                requests[name] = text;
            foreach (var (name, text) in requests)
                sum[name] = sum.GetValueOrDefault(name) + Amount(text, 0);
        }
        return sum;
    }
}
