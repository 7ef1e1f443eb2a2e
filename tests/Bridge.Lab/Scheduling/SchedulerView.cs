using System.Collections.Immutable;
using Bridge.Kube.Models;
using Bridge.Lab.Models;
using k8s.Models;

namespace Bridge.Lab.Scheduling;

/// <summary>Everything that a round of the lab's scheduler is decided from.</summary>
public sealed record SchedulerView
{
    public ImmutableDictionary<ObjectKey, NodeObject> Nodes
        { get; init; } = ImmutableDictionary<ObjectKey, NodeObject>.Empty;
    public ImmutableDictionary<ObjectKey, LabPod> Pods { get; init; } = ImmutableDictionary<ObjectKey, LabPod>.Empty;
    public ImmutableDictionary<ObjectKey, LabClaim> Claims
        { get; init; } = ImmutableDictionary<ObjectKey, LabClaim>.Empty;
    public ImmutableDictionary<ObjectKey, V1ResourceSlice> Slices
        { get; init; } = ImmutableDictionary<ObjectKey, V1ResourceSlice>.Empty;
    public ImmutableDictionary<ObjectKey, LabDeviceClass> Classes
        { get; init; } = ImmutableDictionary<ObjectKey, LabDeviceClass>.Empty;
}
