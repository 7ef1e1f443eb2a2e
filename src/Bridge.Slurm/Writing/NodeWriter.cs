using System.Collections.Immutable;
using Bridge.Control;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Planning;
using Bridge.Core.SlurmText;
using Bridge.Slurm.Rest;
using Bridge.Slurm.Wire;
using Bridge.Slurm.Wire.V0042;

namespace Bridge.Slurm.Writing;

/// <summary>
/// Changes nodes: one request for any number of them. What must not be lost is read again right before, because Slurm
/// has no precondition of its own: a foreign reason is never taken or cleared, a feature of others never dropped, a
/// node with a job or of somebody else never deleted.
/// </summary>
internal sealed class NodeWriter(SlurmApi api, Negotiator negotiator)
{
    // Above this many single reads (2.5 ms each) one read of all nodes is not dearer on clusters of a few hundred
    // nodes.
    private const int SinglesAtMost = 64;

    // Keeps the request line of a delete below what an HTTP server takes.
    private const int NamesPerDelete = 200;

    /// <summary>
    /// A GET of this moment. What is left of the race is the way from this answer to the end of the slurmd: who resumes
    /// the node by hand in those milliseconds, or while its pod ends, may lose a job that starts right then. Slurm has
    /// no call that ends a slurmd only if nothing runs on it.
    /// </summary>
    public async Task<StepResult> ConfirmIdleAsync(NodeName name, string? heldFor, CancellationToken cancel)
    {
        var asked = await ProfileAsync(cancel);
        if (asked.Profile is not { } profile)
            return StepResult.Unavailable(asked.Problem);
        var reading = await ReadAsync(profile, [name], cancel);
        if (reading is not Reading<Dictionary<NodeName, SlurmNode>>.Known { Value: var nodes })
            return StepResult.Unavailable(reading.Problem);
        if (nodes.GetValueOrDefault(name) is not { } node)
            return StepResult.Done;
        return node.Busy ? StepResult.Conflict($"{name} has a job by now")
            : heldFor is null ? StepResult.Conflict($"{name} is registered in Slurm by now")
            : !node.Held || node.Reason != heldFor ? StepResult.Conflict($"{name} is not kept from work any more")
            : StepResult.Done;
    }

    public async Task<StepResult> DrainAsync(DrainNodes step, CancellationToken cancel)
    {
        if (step.Reason.Length == 0 || !Reason.IsOurs(step.Reason) || step.Reason.Any(char.IsControl))
            return StepResult.Rejected($"'{step.Reason}' is not a reason of Bridge's: it begins with "
                + $"'{WellKnown.ReasonPrefix}' and is one line");
        return await CheckedAsync(
            step.Nodes,
            node => Foreign(node) is { Length: > 0 } foreign ? foreign
                : node.HeldByOthers ? $"{node.Name} is {How(node)} already: {Shown(node.Reason)}"
                : "",
            node => !node.Drains || node.Reason != step.Reason,
            (profile, nodes) =>
            UpdateAsync(profile, Update(nodes) with { State = ["DRAIN"], Reason = step.Reason }, cancel),
            cancel);
    }

    public Task<StepResult> ResumeAsync(ResumeNodes step, CancellationToken cancel) => CheckedAsync(
        step.Nodes,
        node => node.Drains && node.Reason != step.ExpectedReason
            ? $"{node.Name} is drained for another reason: {Shown(node.Reason)}" : "",
        node => node.Drains,
        // UNDRAIN, not RESUME: a node that is DOWN stays so until its slurmd comes.
        (profile, nodes) => UpdateAsync(profile, Update(nodes) with { State = ["UNDRAIN"] }, cancel),
        cancel);

    public async Task<StepResult> TagAsync(TagNodes step, CancellationToken cancel)
    {
        var tags = step.Tags;
        if (tags.Extra is { } extra && extra.Any(char.IsControl))
            return StepResult.Rejected("extra: holds a control character; it must be one line");
        if (tags.Features?.FirstOrDefault(f => !ConfLine.IsValue(f)
            || f.Contains(',', StringComparison.Ordinal)) is { } bad)
            return StepResult.Rejected($"features: '{bad}' is not a feature: letters, digits and . : / _ + - @ = only");
        if (tags.Weight is < 0)
            return StepResult.Rejected($"weight: {tags.Weight} is negative");
        if (tags.Features is { } wanted)
            return await CheckedAsync(
                step.Nodes,
                Foreign,
                _ => true,
                (known, nodes) => TagAsync(
                    known, nodes, tags with { Features = [.. wanted.Where(IsOurs)] }, cancel),
                cancel);
        var asked = await ProfileAsync(cancel);
        if (asked.Profile is not { } profile)
            return StepResult.Unavailable(asked.Problem);
        return await UpdateAsync(profile, Update(step.Nodes, tags), cancel);
    }

    // One request for all that come to the same features. Those of others stay, active or not, as they are now: what
    // the plan knew of them may be old.
    private async Task<StepResult> TagAsync(
        ServerProfile profile, ImmutableArray<SlurmNode> nodes, NodeTags ours, CancellationToken cancel)
    {
        foreach (var alike in nodes.GroupBy(n => $"{Joined(n.Features)} {Joined(n.ActiveFeatures)}"))
        {
            var one = alike.First();
            var update = Update([.. alike.Select(n => n.Name)], ours) with
            {
                Features = [.. one.Features.Where(f => !IsOurs(f)), .. ours.Features!.Value],
                FeaturesAct = [.. one.ActiveFeatures.Where(f => !IsOurs(f)), .. ours.Features!.Value],
            };
            var result = await UpdateAsync(profile, update, cancel);
            if (result != StepResult.Done)
                return result;
        }
        return StepResult.Done;
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
            node => Foreign(node) is { Length: > 0 } foreign ? foreign
                : node.Busy ? $"{node.Name} still has a job"
                : reserved.Contains(node.Name) ? $"{node.Name} is in a reservation"
                : "",
            _ => true,
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
    /// Reads the nodes, asks each for an objection ("" for none), and writes those that still need it. A node that is
    /// not there is Gone
    /// when it was asked for alone, else a Conflict: the plan that named it is stale.
    /// </summary>
    private async Task<StepResult> CheckedAsync(
        ImmutableArray<NodeName> names,
        Func<SlurmNode, string> objection,
        Func<SlurmNode, bool> needed,
        Func<ServerProfile, ImmutableArray<SlurmNode>, Task<StepResult>> write,
        CancellationToken cancel)
    {
        var asked = await ProfileAsync(cancel);
        if (asked.Profile is not { } profile)
            return StepResult.Unavailable(asked.Problem);
        var reading = await ReadAsync(profile, names, cancel);
        if (reading is not Reading<Dictionary<NodeName, SlurmNode>>.Known { Value: var nodes })
            return StepResult.Unavailable(reading.Problem);
        if (names.FirstOrDefault(n => !nodes.ContainsKey(n)) is { Value: not null } missing)
            return names.Length == 1 ? StepResult.Gone : StepResult.Conflict($"{missing} is not in Slurm any more");
        if (names.Select(n => objection(nodes[n])).FirstOrDefault(o => o.Length > 0) is { } reason)
            return StepResult.Conflict(reason);
        ImmutableArray<SlurmNode> todo = [.. names.Select(n => nodes[n]).Where(needed)];
        return todo.IsEmpty ? StepResult.Done : await write(profile, todo);
    }

    private async Task<Reading<Dictionary<NodeName, SlurmNode>>> ReadAsync(
        ServerProfile profile, ImmutableArray<NodeName> names, CancellationToken cancel)
    {
        var found = new Dictionary<NodeName, SlurmNode>();
        if (names.Length <= SinglesAtMost)
        {
            foreach (var name in names)
                if (await api.NodeAsync(profile, name, cancel) is Reading<SlurmNode>.Known { Value: var node })
                    found[name] = node;
                else
                    break;
            if (found.Count == names.Length)
                return new Reading<Dictionary<NodeName, SlurmNode>>.Known(found, TimeSpan.Zero);
        }
        // "No such node" of a single read is not believed: only the whole list can say so.
        return (await api.NodesAsync(profile, 0, cancel))
            .Map(all => all.Items.Where(n => names.Contains(n.Name)).ToDictionary(n => n.Name));
    }

    private async Task<(ServerProfile? Profile, string Problem)> ProfileAsync(CancellationToken cancel)
    {
        var reading = await negotiator.AskAsync(cancel);
        return reading is Reading<ServerProfile>.Known { Value: var profile } ? (profile, "") : (null, reading.Problem);
    }

    private static NodeUpdate Update(ImmutableArray<SlurmNode> nodes) =>
        new() { Name = [Hostlist.Compress(nodes.Select(n => n.Name))] };

    // Without the features, which depend on the node.
    private static NodeUpdate Update(ImmutableArray<NodeName> nodes, NodeTags tags) => new()
    {
        Name = [Hostlist.Compress(nodes)],
        Extra = tags.Extra,
        Weight = tags.Weight is { } weight ? Number.Of(weight) : null,
    };

    private static string Foreign(SlurmNode node) => BackReference.Owns(node) ? ""
        : $"{node.Name} is not Bridge's: it has neither the feature of a pool nor a back-reference in Extra";

    private static string How(SlurmNode node) => node.Drains ? "drained"
        : node.State.HasFlag(SlurmNodeState.Fail) ? "failing"
        : "down";

    private static bool IsOurs(string feature) =>
        feature.StartsWith(WellKnown.FeaturePrefix, StringComparison.Ordinal);

    private static string Joined(ImmutableArray<string> words) => string.Join(',', words);

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
}
