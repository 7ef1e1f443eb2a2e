using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Policy;
using Bridge.Core.SlurmText;

namespace Bridge.Core.Planning;

/// <summary>What holds a drain back while too many nodes of its pool are out.</summary>
public enum DrainLimit
{
    /// <summary>Nothing: somebody asked for this very node.</summary>
    None,

    /// <summary>The breaker: nobody asked, and a sick checker must not empty a pool.</summary>
    Breaker,

    /// <summary>spec.maxUnavailable: the node works, and is to be replaced.</summary>
    Rollout,
}

/// <summary>Why Bridge wants a node drained.</summary>
/// <param name="Code">One word, the first of the reason.</param>
/// <param name="Detail">The rest of the reason.</param>
/// <param name="Why">The sentence for people.</param>
/// <param name="Limit">What may hold it back.</param>
public sealed record DrainWish(string Code, string Detail, string Why, DrainLimit Limit)
{
    public string Reason => SlurmText.Reason.Write(Code, Detail);
}

/// <summary>
/// When is a node drained: here, and only here. The first rule that applies gives the reason. A node that no rule
/// names, and that Bridge
/// drained, is resumed. What cannot be known gives no wish: unknown is never absent.
/// </summary>
public static class DrainRules
{
    public const string Leaving = "leaving";
    public const string Cordon = "cordon";
    public const string NotReady = "not-ready";
    public const string DriverGone = "gpu-driver-gone";
    public const string GpuLost = "gpu-lost";
    public const string Hardware = "hardware";
    public const string Rollout = "rollout";

    private const string Exchanged = "gpus";
    private static readonly string ExchangedReason = Reason.Write(Hardware, Exchanged);

    /// <summary>What Bridge wants of a row that Slurm knows; null for "let it work".</summary>
    public static DrainWish? WishFor(FleetRow row)
    {
        if (row.Member is not { } member)
            return new DrainWish(
                Leaving, row.LeftBecause, $"node {row.Name} leaves Slurm: {row.LeftBecause}", DrainLimit.None);
        return CordonWish(row.Name, member.Node)
            ?? ReadinessWish(row, member.Node)
            ?? HardwareWish(row, member)
            ?? RolloutWish(row, member);
    }

    // A cordon that Bridge itself made from a Slurm drain is not a wish of Kubernetes.
    private static DrainWish? CordonWish(NodeName name, KubeNode node)
    {
        if (!node.Cordoned || node.Annotations.ContainsKey(WellKnown.CordonedAnnotation))
            return null;
        var detail = node.Annotations.GetValueOrDefault(WellKnown.SlinkyCordonReasonAnnotation, "");
        return new DrainWish(
            Cordon, detail, $"Kubernetes node {node.Name} is cordoned" + (detail.Length > 0 ? $" ({detail})" : ""),
            DrainLimit.None);
    }

    // Ready=Unknown only says that the kubelet is silent. While the node's slurmd still answers Slurm, the jobs on it
    // are well.
    private static DrainWish? ReadinessWish(FleetRow row, KubeNode node) => node.Ready switch
    {
        ConditionStatus.False => new DrainWish(NotReady, "", $"Kubernetes node {node.Name} is not ready: "
            + $"{node.ReadyMessage}", DrainLimit.Breaker),
        ConditionStatus.Unknown when row.Record is { Responding: false } =>
            new DrainWish(
                NotReady, "", $"neither the kubelet of {node.Name} nor its slurmd answers", DrainLimit.Breaker),
        _ => null,
    };

    private static DrainWish? HardwareWish(FleetRow row, Member member)
    {
        if (row.Record is not { } record)
            return null;
        var (had, state) = (GresText.Gpus(record.Gres), member.Slices);
        if (state == PoolState.None && DriverGoneWish(row, member, had) is { } gone)
            return gone;
        if (member.Desired is not { } desired)
            return null;
        if (!GresText.Same(record.Gres, desired.Gres) && desired.Gpus < had)
            return new DrainWish(GpuLost, $"{desired.Gpus}/{had} {string.Join(' ', desired.LeftOut)}".TrimEnd(),
                $"node {row.Name} has {desired.Gpus} of {had} GPUs left" + Named(desired), DrainLimit.Breaker);
        if (!(row.Pod is null ? CanStart(record, desired) : Matches(record, desired)))
            return new DrainWish(Hardware, "", $"node {row.Name} is {Describe(record)} in Slurm, but "
                + $"{Describe(desired)} in Kubernetes", DrainLimit.Rollout);
        return state == PoolState.Updating ? null : GpuSwapped(row, desired);
    }

    // Whatever offered the GPUs offers none now, as it does for a moment when it restarts. That says nothing of the
    // GPUs themselves, so the slurmd keeps them; only a pool that asks for none lets them go.
    private static DrainWish? DriverGoneWish(FleetRow row, Member member, int had)
    {
        var claimed = row.Pod is { ClaimName.Length: > 0 };
        if ((had == 0 && !claimed) || member.Node.AllocatableGpus > 0
            || member.Pool.Spec.GpuOwnership == GpuOwnership.None)
            return null;
        var what = claimed ? "its ResourceSlices are gone; is the DRA driver still running?"
            : $"neither ResourceSlices nor {WellKnown.NvidiaGpuResource} are left there; is the DRA driver or the "
                + "device plugin still running?";
        return new DrainWish(
            DriverGone, $"0/{had}", $"node {row.Name} has {had} GPUs in Slurm, but {what}", DrainLimit.Breaker);
    }

    // Same count, other GPUs: the claim of the running pod holds a device that is tainted or gone.
    private static DrainWish? GpuSwapped(FleetRow row, DesiredNode desired)
    {
        var claim = row.Member!.ClaimName;
        return row.Pod is { ClaimName.Length: > 0 } pod && claim.Length > 0 && pod.ClaimName != claim
            ? new DrainWish(Hardware, Exchanged, $"the healthy GPUs of node {row.Name} are no longer those that its "
            + $"slurmd holds{Named(desired)}", DrainLimit.Breaker)
            : null;
    }

    private static DrainWish? RolloutWish(FleetRow row, Member member) =>
        row.Pod is { Deleting: false } pod && member.Desired is not null && pod.SpecHash != member.SpecHash
            ? new DrainWish(Rollout, "", $"the slurmd of node {row.Name} is to be replaced by a newer one",
                DrainLimit.Rollout)
            : null;

    /// <summary>
    /// Whether a record is what the node should be, in everything that only a new registration can change.
    /// </summary>
    public static bool Matches(SlurmNode record, DesiredNode desired) =>
        record.Cpus == desired.Cpus
            && SameMemory(record, desired)
            && GresText.Same(record.Gres, desired.Gres);

    /// <summary>Whether the record's memory is what the node should have, or one step off.</summary>
    public static bool SameMemory(SlurmNode record, DesiredNode desired) =>
        Math.Abs(record.MemoryMiB - desired.MemoryMiB) <= DesiredNodes.MemoryStepMiB;

    /// <summary>
    /// Whether a slurmd can be started under the record. It registers with the record's memory, or Slurm would refuse
    /// it, and its pod asks Kubernetes for that much: so it must be there.
    /// </summary>
    public static bool CanStart(SlurmNode record, DesiredNode desired) =>
        Matches(record, desired) && record.MemoryMiB <= desired.MostMemoryMiB;

    /// <summary>Whether a drain for this reason went through the breaker.</summary>
    public static bool UsesBreaker(string reason) =>
        Reason.CodeOf(reason) is NotReady or DriverGone or GpuLost || reason == ExchangedReason;

    private static string Named(DesiredNode desired) =>
        desired.LeftOut.IsEmpty ? "" : $"; left out: {string.Join(", ", desired.LeftOut)}";

    private static string Describe(SlurmNode record) => $"{record.Cpus} CPUs, {record.MemoryMiB} MiB, "
        + $"{Gpus(record.Gres)}";

    private static string Describe(DesiredNode desired) => $"{desired.Cpus} CPUs, {desired.MemoryMiB} MiB, "
        + $"{Gpus(desired.Gres)}";

    private static string Gpus(string gres) => gres.Length == 0 ? "no GPUs" : gres;
}
