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
/// Writes what Bridge owns of many records: one request for all that get the same, a few requests at once for those
/// that do not. What cannot be written of one node keeps the others from nothing.
/// </summary>
internal sealed class TagWriter(SlurmApi api, Negotiator negotiator)
{
    // As many as there are connections: one that waits for a connection may be sent when another leads.
    private const int AtOnce = 4;

    // So many are refused before it is clear that it is not about the node.
    private const int RefusalsToStop = 3;

    public async Task<StepResult> TagAsync(TagNodes step, CancellationToken cancel)
    {
        var found = new Problems(step.Tags.Length == 1);
        var valid = step.Tags.Where(t => found.Add(Invalid(t) is { Length: > 0 } why ? StepResult.Rejected(why) : null))
            .ToList();
        if (valid.Count == 0)
            return found.Result;
        var reading = await negotiator.AskAsync(cancel);
        if (reading is not Reading<ServerProfile>.Known { Value: var profile })
            return StepResult.Unavailable(reading.Problem);
        var records = await Task.WhenAll(valid.Select(t => api.NodeAsync(profile, t.Node, cancel)));
        if (records.All(r => r is Reading<SlurmNode>.Unknown { Unexplained: false }))
            return StepResult.Unavailable(records[0].Problem);
        if (records.Any(r => r is Reading<SlurmNode>.Unknown { Unexplained: true })
            && await api.SilenceAsync(profile, cancel) is { Length: > 0 } dead)
            return StepResult.Unavailable(dead);
        var updates = valid.Zip(records).Where(p => found.Add(Objection(p.First, p.Second)))
            .Select(p => (p.First.Node, Update: Update(p.First, ((Reading<SlurmNode>.Known)p.Second).Value))).ToList();
        foreach (var some in updates.GroupBy(u => Content(u.Update), u => u, StringComparer.Ordinal).Chunk(AtOnce))
        {
            var results = await Task.WhenAll(some.Select(alike => WriteAsync(profile, [.. alike], cancel)));
            if (results.FirstOrDefault(r => r is StepResult.UnavailableResult) is { } silent)
                return silent;
            foreach (var result in results)
                found.Add(result == StepResult.Done ? null : result);
            if (found.Refusals >= RefusalsToStop)
                break;
        }
        return found.Result;
    }

    private Task<StepResult> WriteAsync(
        ServerProfile profile, ImmutableArray<(NodeName Node, NodeUpdate Update)> alike, CancellationToken cancel) =>
        api.UpdateNodesAsync(
            profile, alike[0].Update with { Name = [Hostlist.Compress(alike.Select(a => a.Node))] }, cancel);

    // Null when there is none.
    private static StepResult? Objection(NodeTag tag, Reading<SlurmNode> reading) => reading switch
    {
        Reading<SlurmNode>.Known { Value: var node } => NodeWriter.Foreign(node) is { Length: > 0 } foreign
            ? StepResult.Conflict(foreign)
            : node.Extra != tag.Seen
                ? StepResult.Conflict($"the back-reference of {tag.Node} is another one since the plan was made")
                : null,
        Reading<SlurmNode>.Unknown { Unexplained: true } => StepResult.Gone,
        _ => StepResult.Conflict($"{tag.Node} cannot be read: {reading.Problem}"),
    };

    // Features of others stay, active or not, as they are now: what the plan knew of them may be old.
    private static NodeUpdate Update(NodeTag tag, SlurmNode node)
    {
        var update = new NodeUpdate
        {
            Name = [], Extra = tag.Extra, Weight = tag.Weight is { } weight ? Number.Of(weight) : null,
        };
        return tag.Features is not { } ours ? update : update with
        {
            Features = [.. node.Features.Where(f => !IsOurs(f)), .. ours.Where(IsOurs)],
            FeaturesAct = [.. node.ActiveFeatures.Where(f => !IsOurs(f)), .. ours.Where(IsOurs)],
        };
    }

    private static string Content(NodeUpdate update) =>
        $"{update.Extra}\n{update.Weight}\n{Joined(update.Features)}\n{Joined(update.FeaturesAct)}";

    private static string Joined(string[]? words) => words is null ? "-" : string.Join(',', words);

    private static string Invalid(NodeTag tag)
    {
        if (tag.Extra is { } extra && extra.Any(char.IsControl))
            return "extra: holds a control character; it must be one line";
        if (tag.Features?.FirstOrDefault(f => !ConfLine.IsValue(f)
            || f.Contains(',', StringComparison.Ordinal)) is { } bad)
            return $"features: '{bad}' is not a feature: letters, digits and . : / _ + - @ = only";
        return tag.Weight is < 0 ? $"weight: {tag.Weight} is negative" : "";
    }

    private static bool IsOurs(string feature) =>
        feature.StartsWith(WellKnown.FeaturePrefix, StringComparison.Ordinal);

    /// <summary>What stood against some of the nodes.</summary>
    private sealed class Problems(bool alone)
    {
        private readonly List<StepResult> all = [];

        public int Refusals => all.Count(r => r is StepResult.RejectedResult);

        /// <summary>The worst one, and how many more there are: a refusal, else a conflict.</summary>
        public StepResult Result
        {
            get
            {
                if (all.Count == 0)
                    return StepResult.Done;
                if (alone)
                    return all[0];
                var worst = all.FirstOrDefault(r => r is StepResult.RejectedResult)
                    ?? all.FirstOrDefault(r => r is StepResult.ConflictResult)
                    ?? StepResult.Conflict("one of the nodes is not in Slurm any more");
                var why = all.Count == 1 ? worst.Reason : $"{worst.Reason}; and {all.Count - 1} more";
                return worst is StepResult.RejectedResult ? StepResult.Rejected(why) : StepResult.Conflict(why);
            }
        }

        /// <summary>Returns whether there was none.</summary>
        public bool Add(StepResult? problem)
        {
            if (problem is not null)
                all.Add(problem);
            return problem is null;
        }
    }
}
