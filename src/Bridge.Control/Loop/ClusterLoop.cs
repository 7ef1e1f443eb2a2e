using System.Collections.Immutable;
using Bridge.Control.Ports;
using Bridge.Core.Names;
using Bridge.Core.Planning;
using Bridge.Core.View;
using Microsoft.Extensions.Logging;

namespace Bridge.Control.Loop;

/// <summary>
/// observe → plan → act for one SlurmCluster. One call is one tick: it plans on the newest views if something is new or
/// due, acts, and says when it wants to be called again. It reads nothing itself: who calls it does so when a view
/// changed.
/// </summary>
public sealed class ClusterLoop(
    IKubePort kube, ISlurmPort slurm, SlurmFeed feed, Func<bool> leads, TimeProvider time, ILogger<ClusterLoop> log)
{
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    private readonly Executor executor = new(kube, slurm, leads, time, log);
    private readonly SteadyClock clock = new(time);
    private readonly PlanMemory memory = new();
    private (KubeView? Kube, SlurmView? Slurm) planned;
    private DateTimeOffset? due;
    private DateTimeOffset broken = DateTimeOffset.MinValue;

    // A new leader's first plan stands on a read of its own term: the last view of a standby may be from before the
    // last write of the leader that it follows.
    private long settled = feed.Ask();

    /// <inheritdoc cref="Executor.Tried"/>
    public event Action<StepOutcome>? Tried
    {
        add => executor.Tried += value;
        remove => executor.Tried -= value;
    }

    /// <inheritdoc cref="Executor.Refusals"/>
    public ImmutableArray<Refusal> Refusals => executor.Refusals;

    /// <summary>One tick. Returns how long until the next one is wanted even if nothing changes.</summary>
    /// <param name="cluster">The SlurmCluster resource to serve; nothing happens once it is gone.</param>
    /// <param name="cancel">Leadership: once cancelled, nothing more is started.</param>
    public async Task<TimeSpan> TickAsync(ObjectRef cluster, CancellationToken cancel)
    {
        // A view that was read before Bridge's last write ended would have the write done again, or what followed from
        // it undone: a node that was resumed, and has a job by now, would lose its slurmd.
        if (feed.Completed < settled)
            return Soon;
        var slurmView = feed.View;
        // Taken after the other one: of the two, Slurm must not be the newer.
        var kubeView = kube.View;
        if (Find(kubeView, cluster) is not { } resource)
            return Idle;
        var now = clock.Now;
        if (now < broken)
            return broken - now;
        if (ReferenceEquals(planned.Kube, kubeView) && ReferenceEquals(planned.Slurm, slurmView) && !(due <= now))
            return Until(now);
        var view = new ClusterView(resource, kubeView, slurmView) { Refusals = executor.Refusals };
        if (Plan(view) is not { } plan)
            return AfterFailure;
        planned = (kubeView, slurmView);
        due = now + plan.LookAgain;
        var executed = await executor.ExecuteAsync(plan.Steps, cancel);
        due = Earlier(due, clock.Now + executed.Again);
        if (!executed.Wrote)
            return Until(clock.Now);
        settled = feed.Ask();
        return Soon;
    }

    // A planner that throws is a bug that the next view may not meet: it is asked again, but not for each event.
    private (ImmutableArray<Step> Steps, TimeSpan? LookAgain)? Plan(ClusterView view)
    {
        var begun = time.GetTimestamp();
        // Only the planner compares with the times of others; all that is waited for here goes by the steady clock.
        var today = time.GetUtcNow();
        try
        {
            var plan = ClusterPlanner.Plan(view, memory, today);
            LoopMetrics.Planned(time.GetElapsedTime(begun));
            // While a source cannot be read the plan is not whole: it says nothing of what is wanted.
            if (view.Synced && view.Kube.Source.Current && view.Slurm.Nodes.Current && view.Slurm.Partitions.Current)
                executor.Wanted(plan.Steps);
            return (plan.Steps, plan.LookAgain - today);
        }
        catch (Exception exception)
        {
            log.PlanFailed(exception, view.Cluster.Ref.Name);
            broken = clock.Now + AfterFailure;
            return null;
        }
    }

    private TimeSpan Until(DateTimeOffset now) =>
        due is { } at && at - now < Idle ? (at > now ? at - now : TimeSpan.FromMilliseconds(50)) : Idle;

    private static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) =>
        one is null ? other : other is null || one <= other ? one : other;

    private static Core.Policy.SlurmCluster? Find(KubeView view, ObjectRef cluster) =>
        view.Clusters.FirstOrDefault(c => c.Ref.Namespace == cluster.Namespace && c.Ref.Name == cluster.Name);
}
