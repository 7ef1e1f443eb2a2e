using System.Collections.Immutable;
using Bridge.Core.Model;

namespace Bridge.Core.Gpus;

/// <summary>
/// One pool as its slices tell it (KEP-4381): only the newest generation counts, and only once all its slices are
/// there. Until then the last complete content stands, so that a driver in the middle of publishing never looks like
/// lost GPUs.
/// </summary>
/// <param name="Key">Which pool.</param>
/// <param name="KubeNode">The node that has the devices; empty for a pool that belongs to no single node.</param>
/// <param name="State">Complete, Updating, Unknown or Invalid.</param>
/// <param name="Problem">A sentence unless Complete.</param>
/// <param name="Gpus">GPUs of the last complete generation, in order of name.</param>
/// <param name="WasComplete">Whether there ever was a complete generation.</param>
/// <param name="OtherDevicesOnly">Whether all that is known are devices that are no GPUs (network cards, IMEX
/// channels).</param>
public sealed record DevicePool(
    PoolKey Key,
    string KubeNode,
    PoolState State,
    string Problem,
    ImmutableArray<GpuDevice> Gpus,
    bool WasComplete,
    bool OtherDevicesOnly)
{
    /// <summary>
    /// The pool from all slices of it that exist now; null when none does. A lower generation is taken as soon as no
    /// slice of the higher one is left: a driver that was set up anew begins to count anew.
    /// </summary>
    public static DevicePool? Fold(DevicePool? before, IReadOnlyCollection<PoolSlice> slices)
    {
        if (slices.Count == 0)
            return null;
        var newest = slices.Max(s => s.Generation);
        var current = slices.Where(s => s.Generation == newest).OrderBy(s => s.Name, StringComparer.Ordinal)
            .ToImmutableArray();
        var nodes = current.Select(s => s.KubeNode).Distinct().ToImmutableArray();
        var (state, problem) = Judge(current, before is { WasComplete: true });
        var complete = state == PoolState.Complete;
        var named = current.Any(s => !s.DeviceNames.IsEmpty);
        var gpus = complete
            ? [.. current.SelectMany(s => s.Gpus).OrderBy(g => g.Name, StringComparer.Ordinal)]
            : before?.Gpus ?? [];
        return new DevicePool(
            current[0].Pool,
            nodes is [var node] ? node : "",
            state,
            problem,
            gpus,
            complete || before is { WasComplete: true },
            gpus.IsEmpty && named && current.All(s => s.Gpus.IsEmpty));
    }

    private static (PoolState State, string Problem) Judge(ImmutableArray<PoolSlice> current, bool wasComplete)
    {
        var first = current[0];
        var counts = current.Select(s => s.SliceCount).Distinct().Order().ToImmutableArray();
        if (counts.Length > 1)
            return (PoolState.Invalid,
                $"the slices of pool {first.Pool} disagree on how many they are ({string.Join(", ", counts)})");
        if (current.Length > first.SliceCount)
            return (PoolState.Invalid,
                $"pool {first.Pool} has {current.Length} slices of generation {first.Generation}, but says "
                    + $"{first.SliceCount}");
        var twice = current.SelectMany(s => s.DeviceNames).GroupBy(n => n, StringComparer.Ordinal)
            .FirstOrDefault(g => g.Count() > 1);
        if (twice is not null)
            return (PoolState.Invalid, $"pool {first.Pool} has device {twice.Key} twice");
        if (current.Length == first.SliceCount)
            return (PoolState.Complete, "");
        return (wasComplete ? PoolState.Updating : PoolState.Unknown,
            $"pool {first.Pool} is being published: {current.Length} of {first.SliceCount} slices of generation "
                + $"{first.Generation} are there");
    }

    /// <summary>The GPUs of one node from all its pools; the worst pool decides how far they can be believed.</summary>
    public static NodeDevices OfNode(string kubeNode, IEnumerable<DevicePool> pools)
    {
        var relevant = pools.Where(p => p.KubeNode == kubeNode && !p.OtherDevicesOnly)
            .OrderBy(p => p.Key.ToString(), StringComparer.Ordinal)
            .ToImmutableArray();
        if (relevant.IsEmpty)
            return NodeDevices.None(kubeNode);
        var gpus = relevant.SelectMany(p => p.Gpus).ToImmutableArray();
        var twice = gpus.Where(g => g.Uuid.Length > 0).GroupBy(g => g.Uuid, StringComparer.Ordinal)
            .FirstOrDefault(g => g.Count() > 1);
        if (twice is not null)
            return new NodeDevices(
                kubeNode,
                PoolState.Invalid,
                $"GPU {twice.Key} is published as "
                    + $"{string.Join(" and ", twice.Select(g => $"{g.Driver}/{g.Pool}/{g.Name}"))}",
                gpus);
        var worst = relevant.MaxBy(p => Badness(p.State))!;
        return new NodeDevices(kubeNode, worst.State, worst.Problem, gpus);
    }

    private static int Badness(PoolState state) => state switch
    {
        PoolState.Invalid => 3,
        PoolState.Unknown => 2,
        PoolState.Updating => 1,
        _ => 0,
    };
}
