using System.Collections.Immutable;
using Bridge.Core.Names;

namespace Bridge.Core.Model;

/// <summary>Status of a Kubernetes condition. Unknown is its own answer: it is not False.</summary>
public enum ConditionStatus
{
    Unknown,
    True,
    False,
}

/// <summary>A node taint (core/v1).</summary>
public sealed record Taint(string Key, string Value, string Effect);

/// <summary>
/// A Kubernetes node, as far as Bridge reads it. No resourceVersion and no heartbeat: a kubelet that only reports in
/// must not look like a change.
/// </summary>
public sealed record KubeNode
{
    public required string Name { get; init; }
    public required string Uid { get; init; }
    public ImmutableDictionary<string, string> Labels { get; init; } = ImmutableDictionary<string, string>.Empty;
    public ImmutableDictionary<string, string> Annotations { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>spec.unschedulable: the node is cordoned.</summary>
    public bool Cordoned { get; init; }

    public bool Deleting { get; init; }
    public ConditionStatus Ready { get; init; }
    public string ReadyMessage { get; init; } = "";

    /// <summary>
    /// The node condition that Bridge itself writes (<see cref="WellKnown.SlurmDrainedCondition"/>); null when absent.
    /// </summary>
    public NodeCondition? SlurmDrained { get; init; }

    public ImmutableArray<Taint> Taints { get; init; } = [];

    /// <summary>status.allocatable cpu, in millicores.</summary>
    public long AllocatableMilliCpu { get; init; }

    /// <summary>status.allocatable memory, in bytes.</summary>
    public long AllocatableMemoryBytes { get; init; }

    /// <summary>status.allocatable nvidia.com/gpu; zero when no device plugin advertises it.</summary>
    public int AllocatableGpus { get; init; }
}

/// <summary>One node condition as stored.</summary>
public sealed record NodeCondition(ConditionStatus Status, string Reason, string Message)
{
    /// <summary>When the status last changed.</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>This one, after another: it keeps the time while the status stays.</summary>
    public NodeCondition After(NodeCondition? before, DateTimeOffset now) =>
        this with { Since = before?.Status == Status ? before.Since : now };
}
