using System.Collections.Immutable;
using Bridge.Core.Model;

namespace Bridge.Core.Planning;

/// <summary>
/// What is wanted of every node's drain state, after breaker and rollout limit. Computed once, read by several
/// planners.
/// </summary>
public sealed class NodeWishes
{
    public List<(FleetRow Row, DrainWish Wish)> ToDrain { get; } = [];
    public List<FleetRow> ToResume { get; } = [];

    /// <summary>Drains that the breaker or a rollout limit holds back, by pool.</summary>
    public Dictionary<string, List<DrainWish>> HeldBack { get; } = new(StringComparer.Ordinal);

    public static NodeWishes Compute(Fleet fleet)
    {
        var result = new NodeWishes();
        foreach (var pool in fleet.Rows.GroupBy(r => r.Member?.Pool.Ref.Name ?? ""))
            result.AddPool(fleet, pool.Key, [.. pool]);
        return result;
    }

    private void AddPool(Fleet fleet, string pool, ImmutableArray<FleetRow> rows) =>
        Bulkhead.Try(() => AddPool(fleet, rows), failure =>
        {
            fleet.Failures.Add($"drains of pool {pool}: {failure}");
            return false;
        });

    private bool AddPool(Fleet fleet, ImmutableArray<FleetRow> rows)
    {
        // A node that is somebody else's is no part of the pool: it would be out for every rollout, for ever.
        rows = rows.RemoveAll(r => r.Foreign);
        if (rows.IsEmpty)
            return true;
        var breaker = DrainPlanner.BreakerRoom(fleet, rows);
        var rollout = rows[0].Member is { } member
            ? DrainPlanner.MaxUnavailable(member.Pool.Spec, rows.Length) - rows.Count(Unavailable)
            : 0;
        foreach (var row in rows)
        {
            if (row.Record is not { } record)
                continue;
            var wish = row.Wish;
            var isBack = IsBack(fleet, row, record);
            if (record.HeldByOthers)
                continue;
            if (wish is null)
                Resume(row, record, isBack);
            else if (record.IsHeldFor(wish.Reason) && record.Drains)
                continue;
            else if (record.DrainedByBridge || wish.Limit switch
                {
                    DrainLimit.Breaker => breaker-- > 0,
                    // To drain what is out already takes nothing away.
                    DrainLimit.Rollout => Unavailable(row) || rollout-- > 0,
                    _ => true,
                })
                ToDrain.Add((row, wish));
            else
                Hold(row.Member!.Pool.Ref.Name, wish);
        }
        return true;
    }

    // A node is resumed only once it is whole again: its slurmd answers and is what the node should be.
    private void Resume(FleetRow row, SlurmNode record, bool isBack)
    {
        if (!(record.DrainedByBridge || record.DownBySlurm) || row.Member?.Desired is not { } desired)
            return;
        if (row.Pod is { Ready: true, Deleting: false } && isBack && DrainRules.Matches(record, desired))
            ToResume.Add(row);
    }

    // Of a node that Slurm itself set DOWN, whether that was for Bridge's slurmd: Bridge kept it from work, or its
    // slurmd was started again (with -b, which slurmctld takes for a reboot). One whose slurmd lived on and was not
    // heard for a while stays DOWN where slurm.conf says so: why it was not is for somebody to find out.
    private static bool IsBack(Fleet fleet, FleetRow row, SlurmNode record)
    {
        if (!record.State.HasFlag(SlurmNodeState.Down))
            return record.Responding;
        // Asked in every plan, or it would be forgotten.
        var since = fleet.Memory.Sightings.Since(row.Name, "DOWN", fleet.Time.Now);
        return record is { DownBySlurm: true, Answers: true }
            && (SlurmText.Reason.IsOurs(record.Reason) || record.CameBackAsFromReboot
                || (row.Pod is { } pod && fleet.Memory.ReadySince(pod, fleet.Time.Now) > since));
    }

    private void Hold(string pool, DrainWish wish)
    {
        if (!HeldBack.TryGetValue(pool, out var held))
            HeldBack[pool] = held = [];
        held.Add(wish);
    }

    private static bool Unavailable(FleetRow row) =>
        row.Record is null || row.Record.Drains || row.Record.HeldByOthers || !row.Record.Responding || row.Pod is not
            { Ready: true, Deleting: false };
}
