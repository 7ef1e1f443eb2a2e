using System.Collections.Immutable;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.SlurmText;

namespace Bridge.Core.Planning;

/// <summary>
/// Keeps on a living record what Bridge owns of it: the back-reference in Extra, the weight, the features under k8s/.
/// </summary>
public static class TagPlanner
{
    /// <summary>So many nodes are one step.</summary>
    public const int AtOnce = 64;

    /// <summary>
    /// So many nodes are written by one plan, the others by the next ones: a back-reference is a request of its own,
    /// and a drain must not wait for ten thousand.
    /// </summary>
    public const int MostInAPlan = 512;

    public static IEnumerable<Step> Plan(Fleet fleet)
    {
        var refused = fleet.View.Refusals.Select(r => r.Key).ToHashSet(StringComparer.Ordinal);
        // One that was refused is tried alone, so that it holds up nobody else.
        var tagged = fleet.Rows.Where(r => r.Tag is not null).ToLookup(r => refused.Contains(TagNodes.KeyOf(r.Name)));
        return tagged[false].Take(MostInAPlan).Chunk(AtOnce).Concat(tagged[true].Take(AtOnce).Chunk(1))
            .Select(rows => Write(fleet, rows));
    }

    private static TagNodes Write(Fleet fleet, FleetRow[] rows)
    {
        var what = rows.Select(r => r.Tag!.What).Distinct(StringComparer.Ordinal).ToList();
        var node = rows[0].Member!.Node;
        return new TagNodes(
            rows.Length == 1 ? new ObjectRef("Node", "", node.Name, node.Uid) : fleet.View.Cluster.Ref,
            $"write on {Hostlist.Compress(rows.Select(r => r.Name))} in Slurm: {what[0]}"
                + (what.Count == 1 ? "" : ", on some other things"),
            [.. rows.Select(r => r.Tag!)]);
    }

    /// <summary>What is to be written on a row's record; null for nothing.</summary>
    public static NodeTag? TagFor(FleetRow row) =>
        row is { Record: { } record, Pod: { Deleting: false } pod, Member: { Desired: { } desired } member }
        && BackReference.Owns(record)
        // One that is about to be registered anew keeps what describes it now.
        && DrainRules.Matches(record, desired)
            ? Tag(row.Name, record, Reference(pod, member, desired, record).Write(), desired)
            : null;

    private static NodeTag? Tag(NodeName name, SlurmNode record, string extra, DesiredNode desired)
    {
        var features = Features(record, desired);
        var tag = new NodeTag(
            name, record.Extra,
            record.Extra == extra ? null : extra,
            record.Weight == desired.Weight ? null : desired.Weight,
            features.Order(StringComparer.Ordinal).SequenceEqual(record.Features.Order(StringComparer.Ordinal))
                ? null : features);
        var changed = new List<string>(3);
        if (tag.Extra is not null)
            changed.Add("back-reference");
        if (tag.Weight is not null)
            changed.Add($"weight {desired.Weight}");
        if (tag.Features is not null)
            changed.Add($"features {string.Join(',', desired.Features)}");
        return changed.Count == 0 ? null : tag with { What = string.Join(", ", changed) };
    }

    // The GPUs are those that the registered slurmd holds. While it waits to be replaced, the old reference is the true
    // one.
    private static BackReference Reference(SlurmdPod pod, Member member, DesiredNode desired, SlurmNode record)
    {
        var old = BackReference.Read(record.Extra);
        var current = pod.ClaimName == member.ClaimName;
        return new BackReference
        {
            Namespace = pod.Namespace,
            Pod = pod.Name,
            KubeNode = member.Node.Name,
            NodeUid = member.Node.Uid,
            Gpus = current || old is null ? desired.UuidsByIndex : old.Gpus,
            SpecHash = pod.SpecHash,
        };
    }

    private static ImmutableArray<string> Features(SlurmNode record, DesiredNode desired) =>
        [.. record.Features.Where(f => !f.StartsWith(WellKnown.FeaturePrefix, StringComparison.Ordinal)),
            .. desired.Features];
}
