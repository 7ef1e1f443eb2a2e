using Bridge.Core.Model;

namespace Bridge.Core.Planning;

/// <summary>
/// Nodes of a pool that are not at work although nobody keeps them from it: on their way at first, by Bridge's own
/// clock, and named with what they wait for once that has taken too long.
/// </summary>
internal sealed class LateNodes(Fleet fleet)
{
    /// <summary>How long a node may be on its way without a word.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    // slurmctld's own reasons to drain a node after a job: nobody else will look at them.
    private static readonly string[] OwnDrains =
        ["Duplicate jobid", "Kill task failed", "Prolog error", "Epilog error", "batch job complete failure"];

    /// <summary>Nodes that are not there yet and have time left.</summary>
    public int OnTheirWay { get; private set; }

    /// <summary>What a row waits for, once it is late; null while it has time, or waits for nothing.</summary>
    public string? Problem(FleetRow row)
    {
        if (WaitsFor(row) is not { } what)
            return null;
        if (fleet.Time.IsOld(fleet.Memory.Sightings.Since(row.Name, "on its way", fleet.Time.Now), Patience))
            return what;
        OnTheirWay++;
        return null;
    }

    private static string? WaitsFor(FleetRow row) => row.Member?.Desired is null ? null
        : row.Pod is { } pod ? WaitsFor(row, pod)
        // A new node that is to be drained is not started.
        : row.Record is null && row.Wish is not null ? null
        : $"node {row.Name} has no slurmd pod"
            + (row.Claims.Any(c => c.Deleting) ? ": its old GPU claim is still being deleted" : "");

    private static string? WaitsFor(FleetRow row, SlurmdPod pod)
    {
        var claim = row.Claims.FirstOrDefault(c => c.Name == pod.ClaimName);
        return pod.Deleting ? $"pod {pod.Name} is being deleted and has not ended"
            : pod is { Phase: PodPhase.Pending, Scheduled: false } ? (pod.Waiting.Length > 0 ? pod.Waiting
                : $"pod {pod.Name} is not scheduled: no scheduler has looked at it")
            : pod.Phase == PodPhase.Pending && claim is { Allocated: false }
                ? $"pod {pod.Name} has not started: its claim {claim.Name} is not allocated"
            : !pod.Ready ? $"pod {pod.Name} is {pod.Phase} on {pod.KubeNode}, but not ready"
            : row.Record is { } record ? InSlurm(record)
            : row.Foreign ? null : $"the slurmd of {row.Name} runs, but has not registered in Slurm";
    }

    private static string? InSlurm(SlurmNode record)
    {
        var powered = record.State & (SlurmNodeState.PoweredDown | SlurmNodeState.PoweringDown);
        if (powered != 0)
            return $"Slurm powers node {record.Name} down ({record.State}); except it, with "
                + "SuspendExcStates=DYNAMIC_NORM in slurm.conf";
        if (record.State.HasFlag(SlurmNodeState.Down))
            return $"node {record.Name} is DOWN in Slurm: "
                + (record.Reason.Length > 0 ? record.Reason : "no reason given")
                + (record is { DownBySlurm: true, Answers: true }
                    ? $"; its slurmd answers, so scontrol update nodename={record.Name} state=resume brings it back, "
                        + "as ReturnToService=1 in slurm.conf would"
                    : "");
        if (!record.Responding)
            return $"Slurm gets no answer from the slurmd of node {record.Name}";
        return record.Drains && OwnDrains.Any(r => record.Reason.StartsWith(r, StringComparison.OrdinalIgnoreCase))
            ? $"Slurm itself drained node {record.Name}: {record.Reason}"
            : null;
    }
}
