using System.Collections.Immutable;
using Bridge.Core.Names;
using Bridge.Core.Policy;
using Bridge.Core.SlurmText;

namespace Bridge.Core.Planning;

/// <summary>
/// Turns the wishes of <see cref="DrainRules"/> into drains and resumes, in batches of one reason. Reasons of others
/// stay. Drains that
/// nobody asked for pass a breaker, replacements of working nodes a limit per pool.
/// </summary>
public static class DrainPlanner
{
    /// <summary>At most max(3, 5 %) of a pool may be drained by the breaker's rules within this time.</summary>
    public static readonly TimeSpan BreakerWindow = TimeSpan.FromMinutes(10);

    public static IEnumerable<Step> Plan(Fleet fleet, NodeWishes wishes)
    {
        var drains = new SortedDictionary<string, List<(FleetRow Row, DrainWish Wish)>>(StringComparer.Ordinal);
        foreach (var (row, wish) in wishes.ToDrain)
        {
            if (!drains.TryGetValue(wish.Reason, out var batch))
                drains[wish.Reason] = batch = [];
            batch.Add((row, wish));
        }
        foreach (var (reason, batch) in drains)
            yield return new DrainNodes(
                About(fleet, batch[0].Row), Sentence(batch), [.. batch.Select(b => b.Row.Name)], reason);
        foreach (var group in wishes.ToResume.GroupBy(r => (r.Record!.Reason, Down: r.Record.DownBySlurm))
            .OrderBy(g => g.Key.Reason, StringComparer.Ordinal).ThenBy(g => g.Key.Down))
            yield return Resume(fleet, group.Key, [.. group]);
    }

    /// <summary>How many drains the breaker still lets a pool of this size take at this moment.</summary>
    public static int BreakerRoom(Fleet fleet, IReadOnlyCollection<FleetRow> pool) =>
        Math.Max(3, pool.Count / 20) - pool.Count(r => r.Record is { DrainedByBridge: true } n
            && DrainRules.UsesBreaker(n.Reason) && IsRecent(fleet, r.Name, n.Reason));

    // By Bridge's own clock: slurmctld's may be off by more than the window. After a change of the leader all that is
    // drained counts anew: it may well have been drained just now.
    private static bool IsRecent(Fleet fleet, NodeName node, string reason) => !fleet.Time.IsOld(
        fleet.Memory.Sightings.Since(node, reason, fleet.Time.Now), BreakerWindow);

    /// <summary>
    /// How many nodes of a pool may be out for a rollout: a count, or a percentage rounded down, at least one.
    /// </summary>
    public static int MaxUnavailable(NodePoolSpec spec, int nodes)
    {
        var text = spec.MaxUnavailable.Trim();
        var percent = text.EndsWith('%');
        if (!int.TryParse(percent ? text[..^1] : text, out var number) || number < 0)
            return 1;
        return Math.Max(1, percent ? nodes * number / 100 : number);
    }

    private static ObjectRef About(Fleet fleet, FleetRow row) =>
        row.Member is { } member ? new ObjectRef("Node", "", member.Node.Name, member.Node.Uid)
            : fleet.View.Cluster.Ref;

    private static string Sentence(List<(FleetRow Row, DrainWish Wish)> batch) => batch.Count == 1
        ? $"drain {batch[0].Row.Name}: {batch[0].Wish.Why}"
        : $"drain {Hostlist.Compress(batch.Select(b => b.Row.Name))}: {batch[0].Wish.Why}, and {batch.Count - 1} more "
        + "for the same reason";

    private static ResumeNodes Resume(Fleet fleet, (string Reason, bool Down) held, ImmutableArray<FleetRow> rows)
    {
        var nodes = rows.Select(r => r.Name).ToImmutableArray();
        var because = held.Down ? $"its slurmd answers again, and Slurm itself set it DOWN ('{held.Reason}')"
            : $"Bridge's reason to drain ('{held.Reason}') no longer holds";
        return new ResumeNodes(
            About(fleet, rows[0]), $"resume {Hostlist.Compress(nodes)}: {because}", nodes, held.Reason)
            { Down = held.Down };
    }
}
