using System.Collections.Immutable;
using Bridge.Control;
using Bridge.Control.Ports;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Planning;
using Bridge.Core.SlurmText;
using Bridge.Core.View;
using Bridge.Sim.Checks;
using Bridge.Sim.World;

namespace Bridge.Sim.Ports;

/// <summary>
/// Slurm as the adapter tells it: a read that fails keeps what was read before and marks the sources; each write is
/// checked against the node right before.
/// </summary>
internal sealed class SimSlurm(SimWorld world, Faults faults, Safety safety, TimeProvider clock) : ISlurmPort
{
    private const int MostRest = 20;

    private static readonly StepResult NoAnswer = StepResult.Unavailable("slurmctld does not answer");

    // As the adapter does: a view in which nothing changed stays the same value for so long.
    private static readonly TimeSpan SinceStep = TimeSpan.FromSeconds(30);

    private int readAgain;

    public SlurmView View { get; private set; } = new();

    private SlurmWorld Slurm => world.Slurm;

    public async Task<SlurmView> ReadAsync(CancellationToken cancel)
    {
        if (View.Nodes.Current && world.Tick < readAgain)
            return View;
        // The read budget is spent: nothing is asked for a while, and the view stays current. A write ends that.
        if (faults.Fails(10))
            readAgain = world.Tick + world.Random.Next(2, MostRest);
        var read = Slurm.View;
        var answered = world.SlurmAnswers && !faults.Fails(5);
        var jobs = !faults.Fails(3);
        await faults.DawdleAsync();
        cancel.ThrowIfCancellationRequested();
        return View = answered ? Read(read, jobs) : Failed(View);
    }

    private SlurmView Read(SlurmView read, bool jobs)
    {
        var view = read with
        {
            Nodes = Confirmed(View.Nodes),
            Partitions = Confirmed(View.Partitions),
            Jobs = jobs ? Confirmed(View.Jobs) : Error(View.Jobs, "jobs time out"),
            JobsById = jobs ? read.JobsById : View.JobsById,
        };
        return view == View ? View : view;
    }

    private SourceState Confirmed(SourceState before)
    {
        var now = clock.GetUtcNow();
        return !before.Current || now - before.Since >= SinceStep || now < before.Since
            ? new SourceState(true, now)
            : before;
    }

    private static SlurmView Failed(SlurmView view) => view with
    {
        Nodes = Error(view.Nodes, "no answer"),
        Partitions = Error(view.Partitions, "no answer"),
        Jobs = Error(view.Jobs, "no answer"),
    };

    private static SourceState Error(SourceState state, string error) => state with { Error = error };

    private Task<StepResult> WriteAsync(
        string what, Func<StepResult> apply, CancellationToken cancel) => faults.WriteAsync(what, () =>
    {
        if (!world.SlurmAnswers)
            return NoAnswer;
        readAgain = 0;
        safety.OnWrite(what);
        return apply();
    }, cancel);

    /// <summary>Every node must be there and nobody may object, or nothing is written.</summary>
    private StepResult ForEach(
        ImmutableArray<NodeName> names, Func<SlurmNode, string> objection, Action<SimRecord> write)
    {
        if (names.Any(n => !Slurm.Records.ContainsKey(n)))
            return names.Length == 1 ? StepResult.Gone : StepResult.Conflict("one is not in Slurm any more");
        if (names.Select(n => objection(Slurm.Records[n].Seen)).FirstOrDefault(o => o.Length > 0) is { } reason)
            return StepResult.Conflict(reason);
        foreach (var name in names)
            write(Slurm.Records[name]);
        return StepResult.Done;
    }

    public async Task<StepResult> ConfirmIdleAsync(NodeName node, string? heldFor, CancellationToken cancel)
    {
        var said = !world.SlurmAnswers || faults.Fails(5) ? NoAnswer : Idle(node, heldFor);
        if (said == StepResult.Done)
            safety.OnIdle(node);
        await faults.DawdleAsync();
        cancel.ThrowIfCancellationRequested();
        return said;
    }

    private StepResult Idle(NodeName node, string? heldFor)
    {
        if (world.Record(node)?.Seen is not { } seen)
            return StepResult.Done;
        return seen.Busy ? StepResult.Conflict($"{node} has a job by now")
            : heldFor is null ? StepResult.Conflict($"{node} is registered in Slurm by now")
            : !seen.Held || seen.Reason != heldFor ? StepResult.Conflict($"{node} is not kept from work any more")
            : StepResult.Done;
    }

    public Task<StepResult> DrainAsync(DrainNodes step, CancellationToken cancel) => WriteAsync(step.Why, () => ForEach(
        step.Nodes,
        node => node.Drains && !Reason.IsOurs(node.Reason) ? $"{node.Name} is drained already: {node.Reason}" : "",
        record =>
        {
            safety.OnDrain(record.Seen, step.Reason);
            Slurm.Drain(record, step.Reason);
        }), cancel);

    public Task<StepResult> ResumeAsync(ResumeNodes step, CancellationToken cancel) => WriteAsync(
        step.Why, () => ForEach(
        step.Nodes,
        node => node.Held && node.Reason != step.ExpectedReason ? $"{node.Name} is held for another reason"
            : step.Down && !node.Answers ? $"the slurmd of {node.Name} does not answer"
            : "",
        record =>
        {
            Safety.OnResume(record.Seen);
            if (step.Down)
                Slurm.Resume(record);
            else
                Slurm.Undrain(record);
        }), cancel);

    public Task<StepResult> TagAsync(TagNodes step, CancellationToken cancel)
    {
        var tags = step.Tags.ToDictionary(t => t.Node);
        return WriteAsync(step.Why, () => ForEach(
            [.. tags.Keys],
            node => node.Extra != tags[node.Name].Seen ? $"the back-reference of {node.Name} is another one" : "",
            record => Slurm.Put(record, record.Seen with
            {
                Extra = tags[record.Seen.Name].Extra ?? record.Seen.Extra,
                Weight = tags[record.Seen.Name].Weight ?? record.Seen.Weight,
                Features = tags[record.Seen.Name].Features ?? record.Seen.Features,
            })), cancel);
    }

    public Task<StepResult> DeleteNodesAsync(DeleteSlurmNodes step, CancellationToken cancel) => WriteAsync(
        step.Why, () => ForEach(
        step.Nodes,
        node => node.Busy ? $"{node.Name} still has a job" : "",
        record =>
        {
            safety.OnRecordDeleted(record);
            Slurm.Delete(record.Seen.Name);
        }), cancel);

    public Task<StepResult> PutPartitionAsync(PutPartition step, CancellationToken cancel) => WriteAsync(step.Why, () =>
    {
        var wanted = step.Partition;
        if (Hostlist.Expand(wanted.Nodes).Any(n => !Slurm.Records.ContainsKey(n)))
            return StepResult.Conflict("a node is not in Slurm (any more)");
        if ((step.Seen is null) == Slurm.Partitions.ContainsKey(wanted.Name.Value))
            return StepResult.Conflict($"partition {wanted.Name} is not as the plan saw it");
        Safety.OnPartition(wanted.Name);
        Slurm.Partitions[wanted.Name.Value] = wanted;
        Slurm.Touch();
        return StepResult.Done;
    }, cancel);

    public Task<StepResult> DeletePartitionAsync(DeletePartition step, CancellationToken cancel) => WriteAsync(
        step.Why, () =>
    {
        var name = step.Partition.Value;
        if (!Slurm.Partitions.ContainsKey(name))
            return StepResult.Gone;
        if (Slurm.Jobs.Values.Any(j => !j.Seen.Finished && j.Seen.Partition == name))
            return StepResult.Rejected("Partition is in use");
        Safety.OnPartition(step.Partition);
        Slurm.Partitions.Remove(name);
        Slurm.Touch();
        return StepResult.Done;
    }, cancel);
}
