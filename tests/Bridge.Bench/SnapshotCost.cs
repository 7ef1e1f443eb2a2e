using System.Diagnostics;

namespace Bridge.Bench;

/// <summary>What something cost, by process. CPU in seconds, user and system, to 10 ms (proc(5), stat).</summary>
/// <param name="Wall">Seconds it took.</param>
/// <param name="Bridge">CPU of this process.</param>
/// <param name="Client">CPU of the commands that this process ran to their end: Slurm's own client.</param>
/// <param name="Slurmrestd">CPU of slurmrestd.</param>
/// <param name="Slurmctld">CPU of slurmctld, with whatever else it did meanwhile.</param>
/// <param name="Bytes">Allocated by this process.</param>
internal sealed record SnapshotCost(
    double Wall, double Bridge, double Client, double Slurmrestd, double Slurmctld, long Bytes)
{
    public double Cpu => Bridge + Client + Slurmrestd + Slurmctld;

    public static async Task<SnapshotCost> MeasureAsync(SnapshotLab lab, Func<Task> act)
    {
        var before = Now(lab);
        var clock = Stopwatch.StartNew();
        await act();
        var wall = clock.Elapsed.TotalSeconds;
        var after = Now(lab);
        return new SnapshotCost(wall, after.Bridge - before.Bridge, after.Client - before.Client,
            after.Slurmrestd - before.Slurmrestd, after.Slurmctld - before.Slurmctld, after.Bytes - before.Bytes);
    }

    private static SnapshotCost Now(SnapshotLab lab)
    {
        var self = ProcessTimes.Of("self");
        var bytes = GC.GetTotalAllocatedBytes(precise: true);
        return new SnapshotCost(0, self.Self, self.Children, Of("slurmrestd"), Of("slurmctld"), bytes);

        double Of(string daemon) => ProcessTimes.Of(lab.Pid(daemon)).Self;
    }
}
