using System.Collections.Immutable;
using Bridge.Slurm.Reading;

namespace Bridge.Bench;

/// <summary>
/// What slurmctld pays for one record that Slurm's client asks of it, and whether the budget of reading counts with no
/// less.
/// </summary>
internal static class SnapshotRecords
{
    private const int Times = 10;

    /// <summary>Prints the figures; false where one is over what the budget charges.</summary>
    public static async Task<bool> MeasureAsync(SnapshotLab lab, int nodes, int jobs, string bench)
    {
        var node = await MicrosecondsAsync(lab, nodes, ["scontrol", "--local", "show", "node", "-d", "-o"]);
        var job = await MicrosecondsAsync(lab, jobs, ["scontrol", "--local", "show", "job", "-d", "-o"]);
        return new BenchLine(bench, "slurmctld_us_per_node_record", node, "us",
                ReadBudget.NodeRecord.TotalMicroseconds).Print()
            & new BenchLine(bench, "slurmctld_us_per_job_record", job, "us",
                ReadBudget.JobRecord.TotalMicroseconds).Print();
    }

    private static async Task<double> MicrosecondsAsync(SnapshotLab lab, int records, ImmutableArray<string> command)
    {
        var before = ProcessTimes.Of(lab.Pid("slurmctld"));
        for (var time = 0; time < Times; time++)
            await Scripts.CommandAsync([.. lab.Value("SLURM_CLIENT").Split(' '), .. command]);
        var used = ProcessTimes.Of(lab.Pid("slurmctld")) - before;
        return used.Self * 1e6 / Times / records;
    }
}
