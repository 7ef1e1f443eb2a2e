using System.Collections.Immutable;
using Bridge.Core.Model;
using Bridge.Core.Names;

namespace Bridge.Core.Planning;

/// <summary>
/// What one loop remembers from plan to plan: answers that hold for as long as what they are made from is the same
/// value (they change what a plan costs, never what it says), and when Bridge itself first saw something. Belongs to
/// one SlurmCluster and one loop, and goes with it.
/// </summary>
public sealed class PlanMemory
{
    /// <summary>Ages by Bridge's own clock.</summary>
    public Sightings Sightings { get; } = new();

    /// <summary>
    /// When Bridge first saw that a deleted SlurmCluster has nothing left but what is in its Slurm, and that this may
    /// stay behind; null while that is not so.
    /// </summary>
    internal DateTimeOffset? OnlySlurmLeftSince { get; private set; }

    /// <summary>When Bridge first saw no pod and no claim of a deleted SlurmCluster; null while there are.</summary>
    internal DateTimeOffset? NoPodsSince { get; private set; }

    internal KubeSide? Kube { get; set; }
    internal FleetJoin? Join { get; set; }
    internal JobCounts? Jobs { get; set; }

    /// <summary>Hostlists as they were last written, by PartitionPolicy.</summary>
    internal Dictionary<ObjectRef, (ImmutableArray<NodeName> Nodes, string List)> NodeLists { get; } = [];

    private ImmutableArray<SlurmdPod> lookedAt = [];
    private DateTimeOffset lastLook;
    private Dictionary<(string Uid, DateTimeOffset? Since), DateTimeOffset> ready = [];

    /// <summary>
    /// When Bridge first saw a pod ready, by its own clock. What the pod itself says was written by its kubelet.
    /// </summary>
    internal DateTimeOffset ReadySince(SlurmdPod pod, DateTimeOffset now) =>
        ready.TryGetValue((pod.Uid, pod.ReadySince), out var since) ? since : now;

    internal void SeeEnd(bool noPods, bool onlySlurmLeft, DateTimeOffset now)
    {
        NoPodsSince = noPods ? First(NoPodsSince, now) : null;
        OnlySlurmLeftSince = onlySlurmLeft ? First(OnlySlurmLeftSince, now) : null;
    }

    private static DateTimeOffset First(DateTimeOffset? known, DateTimeOffset now) =>
        known is { } since && since <= now ? since : now;

    internal void SeeReady(ImmutableArray<SlurmdPod> pods, DateTimeOffset now)
    {
        // A clock that was set back tells nothing of what was seen before: all of it counts from now on.
        if (now < lastLook)
            (ready, lookedAt) = ([], default);
        lastLook = now;
        if (pods == lookedAt)
            return;
        var seen = new Dictionary<(string, DateTimeOffset?), DateTimeOffset>(pods.Length);
        foreach (var pod in pods)
            if (pod.Ready)
                seen[(pod.Uid, pod.ReadySince)] = ReadySince(pod, now);
        (ready, lookedAt) = (seen, pods);
    }
}
