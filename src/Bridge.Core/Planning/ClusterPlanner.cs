using System.Collections.Immutable;
using Bridge.Core.View;

namespace Bridge.Core.Planning;

/// <summary>
/// The whole plan of one SlurmCluster: sub-planners in order, each pure, composed by concatenation. Until every source
/// has been read whole
/// once, and while one cannot be read at present, only the status is written: nothing is made, drained or deleted on
/// stale knowledge.
/// </summary>
public static class ClusterPlanner
{
    public static Plan Plan(ClusterView view, PlanMemory memory, DateTimeOffset now)
    {
        if (!view.Synced || !view.Kube.Source.Current || !view.Slurm.Nodes.Current)
            return new Plan(StatusPlanner.Unreachable(view, now) is { } status ? [status] : [], null);
        var fleet = Fleet.Join(view, memory);
        var wishes = NodeWishes.Compute(fleet, now);
        var partitions = PartitionPlanner.Resolve(fleet, memory);
        var steps = ImmutableArray.CreateBuilder<Step>();
        steps.AddRange(DrainPlanner.Plan(fleet, wishes));
        steps.AddRange(LifecyclePlanner.Plan(fleet, now));
        steps.AddRange(TagPlanner.Plan(fleet));
        if (view.Slurm.Partitions.Current)
            steps.AddRange(PartitionPlanner.Plan(fleet, partitions));
        steps.AddRange(ConditionPlanner.Plan(fleet));
        steps.AddRange(StatusPlanner.Plan(fleet, wishes, partitions, JobCounts.Of(view.Slurm, memory), now));
        return new Plan(steps.DrainToImmutable(), LookAgain(wishes, now));
    }

    // The breaker's window is all that depends on the time alone: how old a view is changes with the next one.
    private static DateTimeOffset? LookAgain(NodeWishes wishes, DateTimeOffset now) =>
        wishes.HeldBack.Count > 0 ? now + TimeSpan.FromSeconds(30) : null;
}
