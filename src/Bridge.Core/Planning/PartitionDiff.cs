using System.Collections.Immutable;
using System.Globalization;
using Bridge.Core.Model;
using Bridge.Core.SlurmText;

namespace Bridge.Core.Planning;

/// <summary>Says how a partition differs from what is wanted of it, field by field, in words.</summary>
public static class PartitionDiff
{
    public static IReadOnlyList<string> Describe(SlurmPartition actual, SlurmPartition wanted)
    {
        var changes = new List<string>();
        Nodes(changes, actual.Nodes, wanted.Nodes);
        Text(changes, "state", actual.State, wanted.State);
        Text(changes, "maximum time", Minutes(actual.MaxTimeMinutes), Minutes(wanted.MaxTimeMinutes));
        // Slurm takes neither a default time nor a preempt mode off a partition once it has one: asking would never
        // end.
        if (wanted.DefaultTimeMinutes is not null)
            Text(changes, "default time", Minutes(actual.DefaultTimeMinutes), Minutes(wanted.DefaultTimeMinutes));
        Text(changes, "maximum nodes", Number(actual.MaxNodes), Number(wanted.MaxNodes));
        Text(changes, "priority tier", Number(actual.PriorityTier), Number(wanted.PriorityTier));
        Set(changes, "allowed accounts", actual.AllowAccounts, wanted.AllowAccounts);
        Set(changes, "denied accounts", actual.DenyAccounts, wanted.DenyAccounts);
        Set(changes, "allowed QOS", actual.AllowQos, wanted.AllowQos);
        Text(changes, "QOS", actual.Qos, wanted.Qos);
        Text(changes, "billing weights", actual.BillingWeights, wanted.BillingWeights);
        if (!wanted.PreemptMode.IsEmpty)
            Set(changes, "preempt mode", actual.PreemptMode, wanted.PreemptMode);
        return changes;
    }

    private static void Nodes(List<string> changes, string actual, string wanted)
    {
        if (actual == wanted)
            return;
        var (before, after) = (Hostlist.TryExpand(actual, out _) ?? [], Hostlist.Expand(wanted).ToHashSet());
        var added = after.Except(before).ToImmutableArray();
        var removed = before.Except(after).ToImmutableArray();
        if (!added.IsEmpty)
            changes.Add($"add {Hostlist.Compress(added)}");
        if (!removed.IsEmpty)
            changes.Add($"remove {Hostlist.Compress(removed)}");
    }

    private static void Text(List<string> changes, string what, string actual, string wanted)
    {
        if (!string.Equals(actual, wanted, StringComparison.OrdinalIgnoreCase))
            changes.Add($"{what} {Or(actual)} → {Or(wanted)}");
    }

    private static void Set(
        List<string> changes, string what, ImmutableArray<string> actual, ImmutableArray<string> wanted)
    {
        if (!actual.Order(StringComparer.Ordinal).SequenceEqual(wanted.Order(StringComparer.Ordinal)))
            changes.Add($"{what} {Or(string.Join(',', actual))} → {Or(string.Join(',', wanted))}");
    }

    private static string Or(string text) => text.Length == 0 ? "none" : text;

    private static string Minutes(int? minutes) => minutes is { } m ? $"{m} min" : "unlimited";

    private static string Number(int? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "unlimited";
}
