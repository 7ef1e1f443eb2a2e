using System.Collections.Immutable;
using Bridge.Core.Model;
using Bridge.Core.Names;

namespace Bridge.Core.Planning;

/// <summary>
/// All that is known of one Slurm node name: what every planner of nodes reads. It is one object for as long as nothing
/// in it changed, so what follows from it alone is worked out once.
/// </summary>
public sealed class FleetRow
{
    private (bool Done, DrainWish? Wish) wish;
    private (bool Done, NodeTag? Tag) tag;
    private string derived = "";
    private string guarded = "";

    public required NodeName Name { get; init; }

    /// <summary>Null: no pool takes a Kubernetes node of this name, so the node is leaving.</summary>
    public Member? Member { get; init; }

    public SlurmdPod? Pod { get; init; }
    public ImmutableArray<SlurmdClaim> Claims { get; init; } = [];

    /// <summary>What Slurm has under this name; null when it has nothing, or only what is somebody else's.</summary>
    public SlurmNode? Record { get; init; }

    /// <summary>
    /// Slurm has a node of this name that no slurmd of Bridge registered. It is not touched, and what Bridge would have
    /// run there does not start.
    /// </summary>
    public bool Foreign { get; init; }

    /// <summary>Why a node without a member left, as a phrase.</summary>
    public string LeftBecause { get; init; } = "";

    /// <inheritdoc cref="DrainRules.WishFor"/>
    public DrainWish? Wish
    {
        get
        {
            if (!wish.Done)
                wish = (true, Bulkhead.Try(() => DrainRules.WishFor(this), Failed<DrainWish>));
            return wish.Wish;
        }
    }

    /// <inheritdoc cref="TagPlanner.TagFor"/>
    public NodeTag? Tag
    {
        get
        {
            if (!tag.Done)
                tag = (true, Bulkhead.Try(() => TagPlanner.TagFor(this), Failed<NodeTag>));
            return tag.Tag;
        }
    }

    /// <summary>Why something of it could not be planned; empty when all could.</summary>
    public string PlanFailure => derived.Length > 0 ? derived : guarded;

    /// <summary>Its steps, or none and a <see cref="PlanFailure"/>.</summary>
    internal IReadOnlyList<Step> Guard(Func<IEnumerable<Step>> plan)
    {
        guarded = "";
        return Bulkhead.Try<IReadOnlyList<Step>>(() => [.. plan()], failure =>
        {
            guarded = failure;
            return [];
        });
    }

    private T? Failed<T>(string failure)
        where T : class
    {
        derived = failure;
        return null;
    }

    /// <summary>Whether it says the same as a newer one, so that what was worked out of it is kept.</summary>
    internal bool Says(FleetRow newer) =>
        Name == newer.Name && ReferenceEquals(Member, newer.Member) && ReferenceEquals(Pod, newer.Pod)
        && ReferenceEquals(Record, newer.Record) && Foreign == newer.Foreign && LeftBecause == newer.LeftBecause
        && Claims.AsSpan().SequenceEqual(newer.Claims.AsSpan());
}
