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
    /// <summary>
    /// A plan starts nothing more after this time: what is left is planned again on newer views, so that a plan of
    /// thousands of steps delays a drain by no more.
    /// </summary>
    public static readonly TimeSpan PlanTime = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    private readonly Executor executor = new(kube, slurm, leads, time, log);
    private readonly StepGate gate = new(time);
    private readonly SteadyClock clock = new(time);
    private readonly Lock telling = new();
    private (KubeView? Kube, SlurmView? Slurm) planned;
    private DateTimeOffset? due;
    private DateTimeOffset broken = DateTimeOffset.MinValue;
    private long settled;

    /// <summary>
    /// Told of every step that was tried, as it ends, one at a time: for Events, the ledger and metrics. Handlers
    /// return at once (note it, queue it): the steps of this cluster wait for them, those of others do not.
    /// </summary>
    public event Action<StepOutcome>? Tried;

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
        if (Plan(new ClusterView(resource, kubeView, slurmView)) is not { } steps)
            return AfterFailure;
        planned = (kubeView, slurmView);
        if (!await ActAsync(steps, cancel))
            return Until(clock.Now);
        settled = feed.Ask();
        return Soon;
    }

    // A planner that throws is a bug that the next view may not meet: it is asked again, but not for each event.
    private ImmutableArray<Step>? Plan(ClusterView view)
    {
        // Only the planner compares with the times of others; all that is waited for here goes by the steady clock.
        var today = time.GetUtcNow();
        try
        {
            var plan = ClusterPlanner.Plan(view, today);
            due = clock.Now + (plan.LookAgain - today);
            return plan.Steps;
        }
        catch (Exception exception)
        {
            log.PlanFailed(exception, view.Cluster.Ref.Name);
            broken = clock.Now + AfterFailure;
            return null;
        }
    }

    /// <summary>Whether anything but bookkeeping was tried.</summary>
    private async Task<bool> ActAsync(ImmutableArray<Step> steps, CancellationToken cancel)
    {
        var allowed = new List<Step>(steps.Length);
        var held = new HashSet<string>(StringComparer.Ordinal);
        foreach (var step in steps)
        {
            // One step of a key that must wait makes the key's later ones wait too: their order is part of the plan.
            if (!held.Contains(step.Key) && gate.NotBefore(step) is not { } until)
            {
                allowed.Add(step);
                continue;
            }
            held.Add(step.Key);
            due = Earlier(due, clock.Now + gate.Wait(step));
        }
        if (allowed.Count == 0)
            return false;
        var (tried, wrote) = (0, false);
        // What failed before comes last: it may use up the patience with its neighbour.
        await executor.ExecuteAsync([.. allowed.OrderBy(gate.Failures)], PlanTime, Tell, cancel);
        if (tried < allowed.Count)
            due = clock.Now;
        return wrote;

        void Tell(StepOutcome outcome)
        {
            lock (telling)
            {
                tried++;
                wrote |= !outcome.Step.Bookkeeping;
                gate.Record(outcome.Step, outcome.Result);
                due = Earlier(due, clock.Now + gate.Wait(outcome.Step));
                log.Tell(outcome);
                Tried?.Invoke(outcome);
            }
        }
    }

    private TimeSpan Until(DateTimeOffset now) =>
        due is { } at && at - now < Idle ? (at > now ? at - now : TimeSpan.FromMilliseconds(50)) : Idle;

    private static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) =>
        one is null ? other : other is null || one <= other ? one : other;

    private static Core.Policy.SlurmCluster? Find(KubeView view, ObjectRef cluster) =>
        view.Clusters.FirstOrDefault(c => c.Ref.Namespace == cluster.Namespace && c.Ref.Name == cluster.Name);
}
