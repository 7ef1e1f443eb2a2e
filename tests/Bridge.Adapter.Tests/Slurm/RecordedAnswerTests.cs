using Bridge.Core.Model;
using Bridge.Core.View;
using Bridge.Slurm.Rest;
using Bridge.Slurm.Translation;
using Bridge.Slurm.Wire;
using Bridge.Slurm.Wire.V0042;

namespace Bridge.Adapter.Tests.Slurm;

/// <summary>
/// Each data_parser version of a 26.05.5, and those of a 25.11.7 and of a 24.11.5, say the same about the same cluster,
/// through their own shapes. Recorded/record makes the recordings.
/// </summary>
public sealed class RecordedAnswerTests
{
    public static TheoryData<string> Versions => [.. Recording.Versions, Old, Middle];

    // Recorded from a 24.11.5 and a 25.11.7; the others from a 26.05.5.
    private const string Old = "24.11-v0.0.42";
    private const string Middle = "25.11-v0.0.44";

    [Theory]
    [MemberData(nameof(Versions))]
    public void A_node_reads_the_same_in_every_version(string version)
    {
        var nodes = Known(Judge.Read(Answer(version, "nodes.json"), WireJson.Default.NodesAnswer)).Nodes!;
        var node = NodeTranslation.ToModel(nodes.Single(n => n.Name == "n1"))!;
        Assert.Equal(SlurmNodeState.Idle | SlurmNodeState.Drain | SlurmNodeState.DynamicNorm, node.State);
        Assert.Equal(("disk of alice", 7, "gpu:h200:4", "gpu:h200:0(IDX:N/A)"),
            (node.Reason, node.Weight, node.Gres, node.GresUsed));
        Assert.Equal(("""{"pod":"a b"}""", "hello x=y", version == Middle ? "10.231.1.11" : "127.0.0.1"),
            (node.Extra, node.Comment, node.Address));
        Assert.Equal((4, 0, 2000L), (node.Cpus, node.AllocatedCpus, node.MemoryMiB));
        Assert.Equal(["gpu", "lab"], node.Features);
        Assert.NotNull(node.ReasonSince);
        Assert.False(node.Busy);
        var busy = NodeTranslation.ToModel(nodes.Single(n => n.Name == "n0"))!;
        Assert.True(busy.Busy);
        Assert.Null(busy.ReasonSince);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void A_partition_reads_the_same_in_every_version_but_for_what_old_ones_do_not_tell(string version)
    {
        var gang = version == "v0.0.45"
            ? PartitionTranslation.ToModel(Known(Judge.Read(Answer(version, "partitions.json"),
                WireJson.Default.PartitionsAnswer45)).Partitions!.Single(p => p.Name == "gang"))!
            : PartitionTranslation.ToModel(Known(Judge.Read(Answer(version, "partitions.json"),
                WireJson.Default.PartitionsAnswer)).Partitions!.Single(p => p.Name == "gang"))!;
        Assert.Equal((60, 5, 2, 3),
            (gang.MaxTimeMinutes!.Value, gang.DefaultTimeMinutes!.Value, gang.MaxNodes!.Value, gang.PriorityTier));
        Assert.Equal(("n[0-1]", "UP", "normal", "CPU=1.0"), (gang.Nodes, gang.State, gang.Qos, gang.BillingWeights));
        Assert.Equal(["lab"], gang.AllowAccounts);
        Assert.Equal(["normal"], gang.AllowQos);
        Assert.Equal(version == "v0.0.45" ? ["REQUEUE"] : [], gang.PreemptMode);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Jobs_read_the_same_in_every_version(string version)
    {
        var running = Job(version, "job-running.json").Single();
        Assert.Equal(("RUNNING", "gpu two", "alice", "lab", 2, "n0"),
            (running.State, running.Name, running.User, running.Account, running.Gpus, running.Nodes));
        Assert.Equal(["gpu:h200:2(IDX:0-1)"], running.GresDetail);
        Assert.Equal((10, "a=b c|d", (DateTimeOffset?)null, (int?)null),
            (running.TimeLimitMinutes!.Value, running.Comment, running.EndTime, running.ExitCode));
        var failed = Job(version, "job-failed.json").Single();
        Assert.Equal(("FAILED", 7, "NonZeroExitCode"), (failed.State, failed.ExitCode!.Value, failed.Reason));
        Assert.True(failed.EndTime >= failed.StartTime);
        var array = Job(version, "job-array.json").Single();
        Assert.Equal(("PENDING", "0-5%2", Id(version, 2)),
            (array.State, array.ArrayTasks, array.ArrayJobId!.Value.Value));
        Assert.Null(array.StartTime);
        var het = Job(version, "job-het.json");
        Assert.Equal([0, 1], het.Select(j => j.HetOffset!.Value));
        Assert.All(het, j => Assert.Equal(Id(version, 4), j.HetJobId!.Value.Value));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Accounting_and_the_controller_agree_on_an_ended_job(string version)
    {
        var accounted = Known(Judge.Read(Answer(version, "accounted.json"), WireJson.Default.AccountedJobsAnswer))
            .Jobs!.Select(JobTranslation.ToModel).ToList();
        var failed = accounted.Single(j => j.Finished);
        var controller = Job(version, "job-failed.json").Single();
        Assert.Equal(
            controller with
            {
                Reason = "", Flags = [], GresDetail = [], Nodes = "", ArrayTasks = "",
                Requeue = false, Priority = 0, EligibleTime = null,
            },
            failed with { Reason = "", Flags = [], GresDetail = [], Nodes = "", ArrayTasks = "" });
        Assert.Equal("n0", failed.Nodes);
        Assert.Equal(2, accounted.Single(j => j.State == "RUNNING").Gpus);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Rows_of_job_states_name_the_record_itself(string version)
    {
        var rows = Known(Judge.Read(Answer(version, "job-states.json"), WireJson.Default.JobStatesAnswer)).Jobs!
            .Select(r => JobTranslation.ToModel(r)!.Value).ToLookup(r => r.Id.Value, r => r.State);
        Assert.Equal(["RUNNING"], rows[Id(version, 1)]);
        Assert.Equal(6, rows[Id(version, 2)].Count());
        Assert.Equal(["PENDING"], rows[Id(version, 5)]);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void What_is_not_there_is_absent_only_where_slurmrestd_really_says_so(string version)
    {
        Assert.IsType<Reading<NodesAnswer>.Unknown>(Judge.Read(Answer(version, "node-absent.json"),
            WireJson.Default.NodesAnswer));
        Assert.IsType<Reading<JobsAnswer>.Absent>(Judge.Read(Answer(version, "job-absent.json", 404),
            WireJson.Default.JobsAnswer));
        var partition = Judge.Read(Answer(version, "partition-absent.json"), WireJson.Default.PartitionsAnswer);
        Assert.True(partition is Reading<PartitionsAnswer>.Unknown or Reading<PartitionsAnswer>.Known
            { Value.Partitions: null });
    }

    [Fact]
    public void A_24_11_is_read_and_can_do_none_of_what_came_later()
    {
        var served = ServedPaths.Of(Recording.Bytes("", "openapi-24.11.json"));
        Assert.Equal(["v0.0.42", "v0.0.41", "v0.0.40"], served.Versions);
        Assert.Equal(SlurmCapabilities.None, served.Capabilities("v0.0.42"));
    }

    [Fact]
    public void A_25_11_makes_nodes_and_reservations_but_no_partitions()
    {
        var served = ServedPaths.Of(Recording.Bytes("", "openapi-25.11.json"));
        Assert.Equal(["v0.0.44", "v0.0.43", "v0.0.42", "v0.0.41"], served.Versions);
        Assert.Equal(
            SlurmCapabilities.CreateNodes | SlurmCapabilities.WriteReservations | SlurmCapabilities.Resources,
            served.Capabilities("v0.0.44"));
    }

    [Fact]
    public void The_served_paths_tell_versions_and_what_can_be_done()
    {
        var served = ServedPaths.Of(Recording.Bytes("", "openapi-26.05.json"));
        Assert.Equal(["v0.0.45", "v0.0.42"], served.Versions);
        Assert.Equal(SlurmCapabilities.None, served.Capabilities("v0.0.42"));
        Assert.Equal(
            SlurmCapabilities.WritePartitions | SlurmCapabilities.CreateNodes | SlurmCapabilities.WriteReservations
                | SlurmCapabilities.Requeue | SlurmCapabilities.Resources,
            served.Capabilities("v0.0.45"));
    }

    [Theory]
    [InlineData("v0.0.45", "nodes-26.05.txt")]
    [InlineData(Old, "nodes-24.11.txt")]
    [InlineData(Middle, "nodes-25.11.txt")]
    public void The_text_client_tells_the_same_nodes_as_REST(string version, string file)
    {
        var (text, unread, stray) = NodeTexts.Read(Recording.Text("text", file));
        Assert.Empty(unread);
        Assert.Equal("", stray);
        var rest = Known(Judge.Read(Answer(version, "nodes.json"), WireJson.Default.NodesAnswer))
            .Nodes!.Select(n => NodeTranslation.ToModel(n)!).ToList();
        Assert.Equal(rest.Select(n => n.Name).Order(), text.Select(n => n.Name).Order());
        foreach (var (one, other) in rest.OrderBy(n => n.Name).Zip(text.OrderBy(n => n.Name)))
        {
            Assert.Equal(one.Features, other.Features);
            Assert.Equal(one.Features, one.ActiveFeatures);
            Assert.Equal(one.ActiveFeatures, other.ActiveFeatures);
            Assert.Equal(one.Partitions, other.Partitions);
            Assert.Equal(Alone(one), Alone(other));
        }
    }

    private static SlurmNode Alone(SlurmNode node) =>
        node with { Features = [], ActiveFeatures = [], Partitions = [], ReasonSince = null };

    // The 26.05.5 had had seventeen jobs before.
    private static uint Id(string version, uint id) => version is Old or Middle ? id : id + 17;

    private static IReadOnlyList<SlurmJob> Job(string version, string file) =>
        [.. Known(Judge.Read(Answer(version, file), WireJson.Default.JobsAnswer)).Jobs!.Select(JobTranslation.ToModel)];

    private static RestAnswer.Answered Answer(string version, string file, int status = 200) =>
        new(status, Recording.Bytes(version, file), TimeSpan.FromMilliseconds(3));

    private static T Known<T>(Reading<T> reading) => Assert.IsType<Reading<T>.Known>(reading).Value;
}
