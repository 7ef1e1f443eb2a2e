using System.Collections.Immutable;
using Bridge.Control;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Planning;
using Bridge.Core.SlurmText;
using Bridge.Slurm.Rest;
using Bridge.Slurm.Wire.V0042;

namespace Bridge.Slurm.Writing;

/// <summary>
/// Changes nodes, many by one request. What must not be lost is read again right before, because Slurm has no
/// precondition of its own: a foreign reason is never taken or cleared, a feature of others never dropped, a node with
/// a job or of somebody else never deleted. What nobody can close: a drain that an administrator makes between that
/// read and the write, some milliseconds later, is taken for Bridge's.
/// </summary>
internal sealed class NodeWriter(SlurmApi api, Negotiator negotiator)
{
    // So many nodes are read (2.5 ms each, some at once) and written together: few, so that what was read is true still
    // when it is written.
    private const int AtOnce = 64;

    // Keeps the request line of a delete below what an HTTP server takes.
    private const int NamesPerDelete = 200;

    /// <summary>
    /// A GET of this moment: no list of before, and none of all nodes, which takes seconds. That there is no such node
    /// is believed where a living slurmctld stands behind slurmrestd's unexplained answer: the plan saw none either,
    /// or saw one that was drained and idle.
    /// </summary>
    public async Task<StepResult> ConfirmIdleAsync(NodeName name, string? heldFor, CancellationToken cancel)
    {
        var asked = await ProfileAsync(cancel);
        if (asked.Profile is not { } profile)
            return StepResult.Unavailable(asked.Problem);
        switch (await api.NodeAsync(profile, name, cancel))
        {
            case Reading<SlurmNode>.Known { Value: var node }:
                return node.Busy ? StepResult.Conflict($"{name} has a job by now")
                    : heldFor is null ? StepResult.Conflict($"{name} is registered in Slurm by now")
                    : !node.Held || node.Reason != heldFor
                        ? StepResult.Conflict($"{name} is no longer kept from work for '{heldFor}'")
                    : StepResult.Done;
            case Reading<SlurmNode>.Unknown { Unexplained: true }
                when await api.SilenceAsync(profile, cancel) is var silent:
                return silent.Length == 0 ? StepResult.Done : StepResult.Unavailable(silent);
            case var other:
                return StepResult.Unavailable(other.Problem);
        }
    }

    public async Task<StepResult> DrainAsync(DrainNodes step, CancellationToken cancel)
    {
        if (step.Reason.Length == 0 || !Reason.IsOurs(step.Reason) || step.Reason.Any(char.IsControl))
            return StepResult.Rejected($"'{step.Reason}' is not a reason of Bridge's: it begins with "
                + $"'{WellKnown.ReasonPrefix}' and is one line");
        var check = new Check(
            node => Foreign(node) is { Length: > 0 } foreign ? foreign
                : node.HeldByOthers ? $"{node.Name} is {How(node)} already: {Shown(node.Reason)}"
                : "")
        {
            Needed = node => !node.Drains || node.Reason != step.Reason,
            After = Overruled,
        };
        return await CheckedAsync(
            step.Nodes, check,
            (profile, nodes) => UpdateAsync(
                profile, Update(nodes) with { State = ["DRAIN"], Reason = step.Reason }, cancel),
            cancel);
    }

    public Task<StepResult> ResumeAsync(ResumeNodes step, CancellationToken cancel)
    {
        var check = new Check(node => node.Held && node.Reason != step.ExpectedReason
            ? $"{node.Name} is {How(node)} for another reason: {Shown(node.Reason)}"
            : step.Down && node is { DownBySlurm: true, Answers: false } ? $"the slurmd of {node.Name} does not answer"
            : "")
        {
            Needed = node => node.Drains || (step.Down && node.DownBySlurm),
            After = Overruled,
        };
        return CheckedAsync(
            step.Nodes, check,
            // UNDRAIN: a node that is DOWN stays so until its slurmd comes. RESUME takes both away.
            (profile, nodes) => UpdateAsync(
                profile, Update(nodes) with { State = [step.Down ? "RESUME" : "UNDRAIN"] }, cancel),
            cancel);
    }

    public async Task<StepResult> DeleteAsync(DeleteSlurmNodes step, CancellationToken cancel)
    {
        var reserved = new HashSet<NodeName>();
        var asked = await ProfileAsync(cancel);
        if (asked.Profile is not { } profile)
            return StepResult.Unavailable(asked.Problem);
        // slurmctld deletes EXTERNAL and CLOUD nodes under an active reservation and leaves it dangling: checked here.
        switch (await api.ReservationsAsync(profile, cancel))
        {
            case Reading<ReservationsAnswer>.Known { Value.Reservations: { } reservations }:
                foreach (var reservation in reservations)
                    if (!TryAdd(reservation, reserved))
                        return StepResult.Unavailable($"the nodes of reservation {reservation.Name} are not "
                            + $"understood: '{reservation.NodeList}'");
                break;
            case var other:
                return StepResult.Unavailable($"reservations cannot be read: {other.Problem}");
        }
        return await CheckedAsync(
            step.Nodes,
            new Check(node => Foreign(node) is { Length: > 0 } foreign ? foreign
                : node.Busy ? $"{node.Name} still has a job"
                : step.HeldFor is { } reason && !(node.Held && node.IsHeldFor(reason))
                    ? $"{node.Name} is no longer kept from work for '{reason}'"
                : reserved.Contains(node.Name) ? $"{node.Name} is in a reservation"
                : ""),
            (known, nodes) => DeleteAsync(known, nodes, cancel),
            cancel);
    }

    private async Task<StepResult> DeleteAsync(
        ServerProfile profile, ImmutableArray<SlurmNode> nodes, CancellationToken cancel)
    {
        foreach (var some in nodes.Select(n => n.Name).Chunk(NamesPerDelete))
        {
            var path = profile.Slurm("node/") + Uri.EscapeDataString(Hostlist.Compress(some));
            var result = await api.WriteAsync(HttpMethod.Delete, path, null, "nodes", cancel);
            if (result == StepResult.Gone && some.Length > 1)
                return StepResult.Conflict("one of the nodes is gone already; the others are asked for again");
            if (result != StepResult.Done)
                return result;
        }
        return StepResult.Done;
    }

    private async Task<StepResult> UpdateAsync(ServerProfile profile, NodeUpdate update, CancellationToken cancel)
    {
        var result = await api.UpdateNodesAsync(profile, update, cancel);
        return result == StepResult.Gone && update.Name is [var names] && names.AsSpan().IndexOfAny('[', ',') >= 0
            ? StepResult.Conflict($"one of {names} is not in Slurm any more")
            : result;
    }

    /// <summary>
    /// Some nodes at a time: reads them, asks each for an objection, writes those that still need it, and reads those
    /// again: whoever wrote at the same moment and had the last word is not overruled, but told. A node that is not
    /// there is Gone when it was asked for alone, else a Conflict: the plan that named it is stale.
    /// </summary>
    private async Task<StepResult> CheckedAsync(
        ImmutableArray<NodeName> names,
        Check check,
        Func<ServerProfile, ImmutableArray<SlurmNode>, Task<StepResult>> write,
        CancellationToken cancel)
    {
        var asked = await ProfileAsync(cancel);
        if (asked.Profile is not { } profile)
            return StepResult.Unavailable(asked.Problem);
        foreach (var some in names.Chunk(AtOnce))
        {
            var reading = await ReadAsync(profile, some, cancel);
            if (reading is not Reading<Dictionary<NodeName, SlurmNode>>.Known { Value: var nodes })
                return StepResult.Unavailable(reading.Problem);
            if (some.FirstOrDefault(n => !nodes.ContainsKey(n)) is { Value: not null } missing)
                return names.Length == 1 ? StepResult.Gone : StepResult.Conflict($"{missing} is not in Slurm any more");
            if (First(some.Select(n => nodes[n]), check.Objection) is { } objection)
                return StepResult.Conflict(objection);
            ImmutableArray<SlurmNode> todo = [.. some.Select(n => nodes[n]).Where(check.Needed)];
            if (todo.IsEmpty)
                continue;
            var result = await write(profile, todo);
            if (result != StepResult.Done)
                return result;
            if (check.After is { } after && First(await SinglesAsync(profile, todo.Select(n => n.Name), cancel), after)
                is { } meanwhile)
                return StepResult.Conflict(meanwhile);
        }
        return StepResult.Done;
    }

    private static string? First(IEnumerable<SlurmNode> nodes, Func<SlurmNode, string> word) =>
        nodes.Select(word).FirstOrDefault(w => w.Length > 0);

    private async Task<Reading<Dictionary<NodeName, SlurmNode>>> ReadAsync(
        ServerProfile profile, NodeName[] names, CancellationToken cancel)
    {
        var found = (await SinglesAsync(profile, names, cancel)).ToDictionary(n => n.Name);
        if (found.Count == names.Length)
            return new Reading<Dictionary<NodeName, SlurmNode>>.Known(found, default);
        // "No such node" of a single read is not believed: only the whole list can say so.
        return (await api.NodesAsync(profile, 0, cancel))
            .Map(all => all.Items.ToDictionary(n => n.Name));
    }

    // Those that answer, by as many requests at once as there are connections.
    private async Task<IEnumerable<SlurmNode>> SinglesAsync(
        ServerProfile profile, IEnumerable<NodeName> names, CancellationToken cancel)
    {
        var readings = await Task.WhenAll(names.Select(n => api.NodeAsync(profile, n, cancel)));
        return readings.OfType<Reading<SlurmNode>.Known>().Select(k => k.Value);
    }

    private async Task<(ServerProfile? Profile, string Problem)> ProfileAsync(CancellationToken cancel)
    {
        var reading = await negotiator.AskAsync(cancel);
        return reading is Reading<ServerProfile>.Known { Value: var profile } ? (profile, "") : (null, reading.Problem);
    }

    private static NodeUpdate Update(ImmutableArray<SlurmNode> nodes) =>
        new() { Name = [Hostlist.Compress(nodes.Select(n => n.Name))] };

    internal static string Foreign(SlurmNode node) => BackReference.Owns(node) ? ""
        : $"{node.Name} is not Bridge's: it has neither the feature of a pool nor a back-reference in Extra";

    private static string Overruled(SlurmNode node) => node.HeldByOthers
        ? $"{node.Name} is {How(node)} by somebody else since a moment ago: {Shown(node.Reason)}" : "";

    private static string How(SlurmNode node) => node.Drains ? "drained"
        : node.State.HasFlag(SlurmNodeState.Fail) ? "failing"
        : "down";

    private static bool TryAdd(Reservation reservation, HashSet<NodeName> reserved)
    {
        try
        {
            reserved.UnionWith(Hostlist.Expand(reservation.NodeList ?? ""));
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static string Shown(string reason) => reason.Length == 0 ? "(no reason)" : reason;

    /// <summary>What is asked of each node around a write; "" is no objection.</summary>
    /// <param name="Objection">Before: why it must not be written.</param>
    private sealed record Check(Func<SlurmNode, string> Objection)
    {
        /// <summary>Whether it is not so already.</summary>
        public Func<SlurmNode, bool> Needed { get; init; } = static _ => true;

        /// <summary>Afterwards: what somebody else wrote at the same moment; null where that cannot be seen.</summary>
        public Func<SlurmNode, string>? After { get; init; }
    }
}
