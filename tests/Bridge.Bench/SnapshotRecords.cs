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
                ReadBudget.JobRecord.TotalMicroseconds).Print()
            & new BenchLine(bench, "slurmrestd_ns_per_byte", await NanosecondsPerByteAsync(lab), "ns",
                ReadBudget.NanosecondsPerByte).Print();
    }

    private static async Task<double> NanosecondsPerByteAsync(SnapshotLab lab)
    {
        using var http = await lab.HttpAsync("bridge");
        var before = ProcessTimes.Of(lab.Pid("slurmrestd"));
        await using var stream = await http.GetStreamAsync(new Uri("slurm/v0.0.45/nodes/", UriKind.Relative));
        long bytes = 0;
        var buffer = new byte[64 << 10];
        for (int count; (count = await stream.ReadAsync(buffer)) > 0;)
            bytes += count;
        return (ProcessTimes.Of(lab.Pid("slurmrestd")) - before).Self * 1e9 / bytes;
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
