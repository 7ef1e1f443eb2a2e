using System.Collections.Immutable;
using Bridge.Core.Model;
using Bridge.Core.Names;

namespace Bridge.Core.Planning;

/// <summary>
/// Keeps on a living record what Bridge owns of it: the back-reference in Extra, the weight, the features under k8s/.
/// </summary>
public static class TagPlanner
{
    public static IEnumerable<Step> Plan(Fleet fleet) => fleet.Rows.Select(r => r.Tag).OfType<Step>();

    /// <summary>What is to be written on a row's record; null for nothing.</summary>
    public static TagNodes? TagFor(FleetRow row) =>
        row is { Record: { } record, Pod: { Deleting: false } pod, Member: { Desired: { } desired } member }
        && BackReference.Owns(record)
        // One that is about to be registered anew keeps what describes it now.
        && DrainRules.Matches(record, desired)
            ? Tag(row, record, pod, member, desired)
            : null;

    private static TagNodes? Tag(FleetRow row, SlurmNode record, SlurmdPod pod, Member member, DesiredNode desired)
    {
        var extra = Reference(pod, member, desired, record).Write();
        var features = Features(record, desired);
        var changed = new List<string>(3);
        if (record.Extra != extra)
            changed.Add("back-reference");
        if (record.Weight != desired.Weight)
            changed.Add($"weight {desired.Weight}");
        if (!features.Order(StringComparer.Ordinal).SequenceEqual(record.Features.Order(StringComparer.Ordinal)))
            changed.Add($"features {string.Join(',', desired.Features)}");
        if (changed.Count == 0)
            return null;
        var tags = new NodeTags(
            record.Extra == extra ? null : extra,
            record.Weight == desired.Weight ? null : desired.Weight,
            changed.Any(c => c.StartsWith("features", StringComparison.Ordinal)) ? features : null);
        return new TagNodes(new ObjectRef("Node", "", member.Node.Name, member.Node.Uid),
            $"write on {row.Name} in Slurm: {string.Join(", ", changed)}", [row.Name], tags);
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
