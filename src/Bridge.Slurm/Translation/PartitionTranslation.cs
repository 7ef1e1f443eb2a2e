using System.Collections.Immutable;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Slurm.Wire;
using Bridge.Slurm.Wire.V0042;

namespace Bridge.Slurm.Translation;

/// <summary>Wire partitions into the model, and the model into what is sent.</summary>
internal static class PartitionTranslation
{
    public static SlurmPartition? ToModel(Partition partition) => ToModel(new Wire.V0045.Partition
    {
        Name = partition.Name,
        Nodes = partition.Nodes,
        Accounts = partition.Accounts,
        Qos = partition.Qos,
        Tres = partition.Tres,
        Defaults = partition.Defaults,
        Maximums = partition.Maximums,
        Priority = partition.Priority,
        UpDown = partition.UpDown,
    });

    /// <summary>Null for a record without a name.</summary>
    public static SlurmPartition? ToModel(Wire.V0045.Partition partition) => string.IsNullOrEmpty(partition.Name)
        ? null
        : new SlurmPartition
        {
            Name = new PartitionName(partition.Name),
            Nodes = partition.Nodes?.Configured ?? "",
            State = partition.UpDown?.State is [var state, ..] ? state : "UNKNOWN",
            MaxTimeMinutes = Limit(partition.Maximums?.Time),
            DefaultTimeMinutes = Limit(partition.Defaults?.Time),
            MaxNodes = Limit(partition.Maximums?.Nodes),
            PriorityTier = partition.Priority?.Tier ?? 1,
            AllowAccounts = List(partition.Accounts?.Allowed),
            DenyAccounts = List(partition.Accounts?.Deny),
            AllowQos = List(partition.Qos?.Allowed),
            Qos = NodeTranslation.NoneAsEmpty(partition.Qos?.Assigned),
            BillingWeights = NodeTranslation.NoneAsEmpty(partition.Tres?.BillingWeights),
            PreemptMode = partition.PreemptMode is null or ["CLUSTER_GLOBAL"] ? []
                : [.. partition.PreemptMode.Select(Word)],
        };

    /// <summary>
    /// What to send so that a partition that is `now` (null: does not exist) becomes `wanted`: only fields that differ,
    /// and the name.
    /// Null when nothing differs.
    /// </summary>
    public static Wire.V0045.Partition? ToWire(SlurmPartition wanted, SlurmPartition? now)
    {
        var from = now ?? new SlurmPartition { Name = wanted.Name };
        var time = Changed(wanted.MaxTimeMinutes, from.MaxTimeMinutes);
        var nodes = Changed(wanted.MaxNodes, from.MaxNodes);
        var standard = wanted.DefaultTimeMinutes is null ? null
            : Changed(wanted.DefaultTimeMinutes, from.DefaultTimeMinutes);
        var update = new Wire.V0045.Partition
        {
            Name = wanted.Name.Value,
            Nodes = now is null || !SameNodes(wanted.Nodes, from.Nodes)
                ? new PartitionNodes { Configured = wanted.Nodes } : null,
            Accounts = Pair(wanted.AllowAccounts, from.AllowAccounts, wanted.DenyAccounts, from.DenyAccounts),
            Qos = Qos(wanted, from),
            Tres = wanted.BillingWeights == from.BillingWeights ? null
                : new PartitionTres { BillingWeights = wanted.BillingWeights },
            Defaults = standard is null ? null : new PartitionLimits { Time = standard },
            Maximums = time is null && nodes is null ? null : new PartitionLimits { Time = time, Nodes = nodes },
            Priority = wanted.PriorityTier == from.PriorityTier ? null
                : new PartitionPriority { Tier = wanted.PriorityTier },
            PreemptMode = wanted.PreemptMode is [] || Same(wanted.PreemptMode, from.PreemptMode) ? null
                : [.. wanted.PreemptMode.Select(Wire)],
            UpDown = wanted.State == from.State ? null : new PartitionUpDown { State = [wanted.State] },
        };
        return now is not null && update == new Wire.V0045.Partition { Name = update.Name } ? null : update;
    }

    /// <summary>
    /// Fields that Slurm cannot take back from an existing partition: neither REST nor scontrol has a value for "as if
    /// never set".
    /// "" when there is none.
    /// </summary>
    public static string Irrevocable(SlurmPartition wanted, SlurmPartition? now)
    {
        if (now is { DefaultTimeMinutes: { } minutes } && wanted.DefaultTimeMinutes is null)
            return $"defaultTimeMinutes is {minutes} in Slurm and cannot be taken off an existing partition: set it, "
                + "or delete the partition";
        if (now is { PreemptMode: [var mode, ..] } && wanted.PreemptMode is [])
            return $"preemptMode is {mode} in Slurm and cannot be taken off an existing partition: set it (OFF for "
                + "none), or delete the partition";
        return "";
    }

    // slurm.conf(5) says OFF where data_parser says DISABLED.
    private static string Word(string mode) => mode == "DISABLED" ? "OFF" : mode;

    private static string Wire(string mode) => mode == "OFF" ? "DISABLED" : mode;

    private static int? Limit(Number? number) => number?.OrNull is { } value and >= 0 and < int.MaxValue ? (int)value
        : null;

    private static Number? Changed(int? wanted, int? now) =>
        wanted == now ? null : wanted is { } value ? Number.Of(value) : Number.Unlimited;

    private static PartitionAccounts? Pair(
        ImmutableArray<string> allow, ImmutableArray<string> allowNow, ImmutableArray<string> deny,
            ImmutableArray<string> denyNow) =>
        Same(allow, allowNow) && Same(deny, denyNow)
            ? null
            : new PartitionAccounts
            {
                Allowed = Same(allow, allowNow) ? null : string.Join(',', allow),
                Deny = Same(deny, denyNow) ? null : string.Join(',', deny),
            };

    private static PartitionQos? Qos(SlurmPartition wanted, SlurmPartition from) =>
        Same(wanted.AllowQos, from.AllowQos) && wanted.Qos == from.Qos
            ? null
            : new PartitionQos
            {
                Allowed = Same(wanted.AllowQos, from.AllowQos) ? null : string.Join(',', wanted.AllowQos),
                Assigned = wanted.Qos == from.Qos ? null : wanted.Qos,
            };

    private static bool Same(ImmutableArray<string> one, ImmutableArray<string> other) =>
        one.Length == other.Length
            && one.Order(StringComparer.Ordinal).SequenceEqual(other.Order(StringComparer.Ordinal));

    private static bool SameNodes(string one, string other) => one == other || Expand(one).SetEquals(Expand(other));

    // ALL and other words of slurm.conf are names like any other here.
    private static HashSet<NodeName> Expand(string hostlist)
    {
        try
        {
            return [.. Core.SlurmText.Hostlist.Expand(hostlist)];
        }
        catch (FormatException)
        {
            return [new NodeName(hostlist)];
        }
    }

    private static ImmutableArray<string> List(string? text) =>
        string.IsNullOrEmpty(text) || text.ToUpperInvariant() is "ALL" ? []
            : [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
}
