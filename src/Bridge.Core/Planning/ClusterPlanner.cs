using System.Collections.Immutable;
using Bridge.Core.View;

namespace Bridge.Core.Planning;

/// <summary>
/// The whole plan of one SlurmCluster: sub-planners in order, each pure, composed by concatenation. Until every source
/// has been read whole
/// once, and while one cannot be read at present, only the status is written: nothing is made, drained or deleted on
/// stale knowledge. What <see cref="DeletionPlanner"/> does without Slurm rests on Kubernetes alone.
/// </summary>
public static class ClusterPlanner
{
    public static Plan Plan(ClusterView view, PlanMemory memory, DateTimeOffset now)
    {
        if (!view.Current)
            return Blind(view, memory, now);
        return Bulkhead.Try(
            () => Whole(view, memory, now),
            failure => new Plan([.. StatusPlanner.Failed(view, failure, now)], null));
    }

    private static Plan Blind(ClusterView view, PlanMemory memory, DateTimeOffset now)
    {
        var time = new PlanTime(now);
        var steps = ImmutableArray.CreateBuilder<Step>();
        if (view.Kube.Source.Current)
            steps.AddRange(Bulkhead.Try(() => Ends(view, memory, time), _ => []));
        if (StatusPlanner.Unreachable(view, now) is { } status)
            steps.Add(status);
        return new Plan(steps.DrainToImmutable(), time.Next);
    }

    private static ImmutableArray<Step> Ends(ClusterView view, PlanMemory memory, PlanTime time) =>
        DeletionPlanner.Claim(view) is { } claim ? [claim] : [.. DeletionPlanner.Plan(view, memory, time)];

    private static Plan Whole(ClusterView view, PlanMemory memory, DateTimeOffset now)
    {
        var fleet = Fleet.Join(view, memory, now);
        var wishes = NodeWishes.Compute(fleet);
        var partitions = PartitionPlanner.Resolve(fleet, memory);
        var jobs = JobCounts.Of(view.Slurm, memory);
        var steps = ImmutableArray.CreateBuilder<Step>();
        steps.AddRange(Guard(fleet, "deletion", () => Ends(view, memory, fleet.Time)));
        steps.AddRange(Guard(fleet, "drains", () => DrainPlanner.Plan(fleet, wishes)));
        steps.AddRange(Guard(fleet, "slurmd pods", () => LifecyclePlanner.Plan(fleet, now)));
        steps.AddRange(Guard(fleet, "tags", () => TagPlanner.Plan(fleet)));
        if (view.Slurm.Partitions.Current)
            steps.AddRange(Guard(fleet, "partitions", () => PartitionPlanner.Plan(fleet, partitions)));
        steps.AddRange(Guard(fleet, "node conditions", () => ConditionPlanner.Plan(fleet)));
        // What is there already is served, also where a right is missing and the finalizer cannot be written.
        if (view.Cluster is { HasFinalizer: false, Deleting: false })
            steps.RemoveAll(DeletionPlanner.Makes);
        steps.AddRange(StatusPlanner.Plan(fleet, wishes, partitions, jobs));
        memory.Sightings.Forget();
        return new Plan(steps.DrainToImmutable(), LookAgain(fleet, wishes, now));
    }

    private static IReadOnlyList<Step> Guard(Fleet fleet, string what, Func<IEnumerable<Step>> plan) =>
        Bulkhead.Try<IReadOnlyList<Step>>(() => [.. plan()], failure =>
        {
            fleet.Failures.Add($"{what}: {failure}");
            return [];
        });

    private static DateTimeOffset? LookAgain(Fleet fleet, NodeWishes wishes, DateTimeOffset now)
    {
        var soon = now + TimeSpan.FromSeconds(30);
        return wishes.HeldBack.Count > 0 && !(fleet.Time.Next < soon) ? soon : fleet.Time.Next;
    }
}
