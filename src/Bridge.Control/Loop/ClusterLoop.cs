using System.Collections.Immutable;
using Bridge.Control.Ports;
using Bridge.Core.Names;
using Bridge.Core.Planning;
using Bridge.Core.View;
using Microsoft.Extensions.Logging;

namespace Bridge.Control.Loop;

/// <summary>
/// observe → plan → act for one SlurmCluster. One call is one tick: it reads Slurm (cheaply when nothing rang), plans
/// only if something is new
/// or due, acts, and says when it wants to be called again.
/// </summary>
public sealed class ClusterLoop(
    IKubePort kube, ISlurmPort slurm, Func<bool> leads, TimeProvider time, ILogger<ClusterLoop> log)
{
    private static readonly TimeSpan AfterWrite = TimeSpan.FromMilliseconds(200);

    private readonly Executor executor = new(kube, slurm, leads, time);
    private readonly StepGate gate = new(time);
    private readonly SteadyClock clock = new(time);
    private (KubeView? Kube, SlurmView? Slurm) planned;
    private DateTimeOffset? due;
    private DateTimeOffset readDue = DateTimeOffset.MinValue;
    private DateTimeOffset settled = DateTimeOffset.MinValue;

    /// <summary>Told of every step that was tried: for Events, the ledger and metrics.</summary>
    public event Action<StepOutcome>? Tried;

    /// <summary>Told after every read of Slurm that brought something new.</summary>
    public event Action<SlurmView>? SlurmRead;

    /// <summary>Something happened in Slurm: the next tick reads, whenever the last one did.</summary>
    public void Ring() => readDue = DateTimeOffset.MinValue;

    /// <summary>One tick. Returns how long until the next one is wanted even if nothing changes.</summary>
    /// <param name="cluster">The SlurmCluster resource to serve; nothing happens once it is gone.</param>
    /// <param name="cancel">Leadership: once cancelled, nothing more is started.</param>
    public async Task<TimeSpan> TickAsync(ObjectRef cluster, CancellationToken cancel)
    {
        if (Find(kube.View, cluster) is not { } resource)
            return TimeSpan.FromSeconds(2);
        var poll = TimeSpan.FromSeconds(Math.Max(1, resource.Spec.PollSeconds));
        // The view of Slurm is from before what was just written: a change in Kubernetes that is planned with it could
        // end the slurmd of a node that was resumed, and has a job by now.
        if (clock.Now < settled)
            return settled - clock.Now;
        var slurmView = await ReadAsync(poll, cancel);
        // Taken after the read: the newer of the two views must not be older than what it is joined with by more than
        // one tick.
        var kubeView = kube.View;
        resource = Find(kubeView, cluster) ?? resource;
        var now = clock.Now;
        if (ReferenceEquals(planned.Kube, kubeView) && ReferenceEquals(planned.Slurm, slurmView) && !(due <= now))
            return Until(now, poll);

        // Only the planner compares with the times of others; all that is waited for here goes by the steady clock.
        var today = time.GetUtcNow();
        var plan = ClusterPlanner.Plan(new ClusterView(resource, kubeView, slurmView), today);
        planned = (kubeView, slurmView);
        due = now + (plan.LookAgain - today);
        var acted = await ActAsync(plan.Steps, cancel);
        if (!acted)
            return Until(clock.Now, poll);
        // What was written is to be seen soon, so that the plans that stand on it can go on.
        readDue = settled = clock.Now + AfterWrite;
        return AfterWrite;
    }

    // Watch events of Kubernetes call for a plan, not for another look at Slurm.
    private async Task<SlurmView> ReadAsync(TimeSpan poll, CancellationToken cancel)
    {
        if (clock.Now < readDue)
            return slurm.View;
        readDue = clock.Now + poll;
        var before = slurm.View;
        var after = await slurm.ReadAsync(cancel);
        if (!ReferenceEquals(before, after))
            SlurmRead?.Invoke(after);
        return after;
    }

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
        // What failed before comes last: it may use up the patience with its neighbour.
        var outcomes = await executor.ExecuteAsync([.. allowed.OrderBy(gate.Failures)], cancel);
        foreach (var outcome in outcomes)
        {
            gate.Record(outcome.Step, outcome.Result);
            log.Tell(outcome);
            Tried?.Invoke(outcome);
            due = Earlier(due, clock.Now + gate.Wait(outcome.Step));
        }
        if (outcomes.Length < allowed.Count)
            due = Earlier(due, clock.Now + AfterWrite);
        return allowed.Any(s => !s.Bookkeeping);
    }

    private TimeSpan Until(DateTimeOffset now, TimeSpan poll) =>
        due is { } at && at - now < poll ? (at > now ? at - now : TimeSpan.FromMilliseconds(50)) : poll;

    private static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) =>
        one is null ? other : other is null || one <= other ? one : other;

    private static Core.Policy.SlurmCluster? Find(KubeView view, ObjectRef cluster) =>
        view.Clusters.FirstOrDefault(c => c.Ref.Namespace == cluster.Namespace && c.Ref.Name == cluster.Name);
}
