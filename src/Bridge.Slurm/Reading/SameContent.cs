using System.Collections.Immutable;
using Bridge.Core.Model;

namespace Bridge.Slurm.Reading;

/// <summary>Equality by content: a record's own compares arrays by reference, and every read makes new ones.</summary>
internal static class SameContent
{
    public static readonly IEqualityComparer<SlurmNode> Nodes = EqualityComparer<SlurmNode>.Create(
        (a, b) => a is not null && b is not null
            && Same(a.Features, b.Features)
            && Same(a.ActiveFeatures, b.ActiveFeatures)
            && Same(a.Partitions, b.Partitions)
            && a with { Features = b.Features, ActiveFeatures = b.ActiveFeatures, Partitions = b.Partitions } == b);

    public static readonly IEqualityComparer<SlurmPartition> Partitions = EqualityComparer<SlurmPartition>.Create(
        (a, b) => a is not null && b is not null
            && Same(a.AllowAccounts, b.AllowAccounts)
            && Same(a.DenyAccounts, b.DenyAccounts)
            && Same(a.AllowQos, b.AllowQos)
            && Same(a.PreemptMode, b.PreemptMode)
            && a with { AllowAccounts = b.AllowAccounts, DenyAccounts = b.DenyAccounts, AllowQos = b.AllowQos,
                PreemptMode = b.PreemptMode } == b);

    public static readonly IEqualityComparer<SlurmJob> Jobs =
        EqualityComparer<SlurmJob>.Create((a, b) => a is not null && a.SameAs(b));

    private static bool Same(ImmutableArray<string> one, ImmutableArray<string> other) =>
        one.AsSpan().SequenceEqual(other.AsSpan());
}
