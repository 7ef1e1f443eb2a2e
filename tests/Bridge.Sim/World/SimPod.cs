using Bridge.Core.Model;
using Bridge.Core.Planning;

namespace Bridge.Sim.World;

/// <summary>A slurmd pod: what the API server shows of it, and how far its life has come.</summary>
internal sealed class SimPod(SlurmdPodSpec spec, SlurmdPod seen, int dueAt)
{
    public SlurmdPodSpec Spec { get; } = spec;
    public SlurmdPod Seen { get; set; } = seen;

    /// <summary>The scheduler has placed it, and its claim is allocated to it.</summary>
    public bool Bound { get; set; }

    /// <summary>Tick of the next change of its life.</summary>
    public int DueAt { get; set; } = dueAt;

    /// <summary>The record that its slurmd has registered; zero while it has not.</summary>
    public int Record { get; set; }

    public bool Runs => Seen is { Phase: PodPhase.Running };
}

/// <summary>A ResourceClaim: what the API server shows of it, and which devices it asks for.</summary>
internal sealed class SimClaim(ClaimSpec spec, SlurmdClaim seen)
{
    public ClaimSpec Spec { get; } = spec;
    public SlurmdClaim Seen { get; set; } = seen;
}
