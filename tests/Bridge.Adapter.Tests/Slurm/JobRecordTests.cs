using System.Text;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.SlurmText;
using Bridge.Slurm.Rest;
using Bridge.Slurm.Text;
using Bridge.Slurm.Translation;
using Bridge.Slurm.Wire;

namespace Bridge.Adapter.Tests.Slurm;

/// <summary>What `scontrol show job -d -o` of a real 26.05.5 wrote, well-meant and not.</summary>
public sealed class JobRecordTests
{
    private static readonly byte[] Recorded = Recording.Bytes("text", "jobs-26.05.txt");

    // What squeue named when this was recorded. Job 15 has a name and a comment with line breaks and `JobId=` in them.
    private static readonly HashSet<uint> Real =
        [1, 2, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27];

    [Fact]
    public void The_text_tells_the_same_jobs_as_REST()
    {
        var text = Read(new JobLines(), Recorded).Changed.ToDictionary(j => j.Id);
        var answer = new RestAnswer.Answered(200, Recording.Bytes("text", "jobs-26.05.json"), TimeSpan.Zero);
        var rest = Assert.IsType<Reading<Bridge.Slurm.Wire.V0042.JobsAnswer>.Known>(
            Judge.Read(answer, WireJson.Default.JobsAnswer)).Value.Jobs!.Select(JobTranslation.ToModel).ToList();
        Assert.Equal(
            Real.Where(id => id is not (1 or 2 or 15 or 16)).Order(), text.Keys.Select(id => id.Value).Order());
        foreach (var one in rest.Where(j => text.ContainsKey(j.Id)))
        {
            var other = text[one.Id];
            // REST tells more words of a state, and nodes and their GPUs in the order in which they registered.
            Assert.Equal(Hostlist.Expand(one.Nodes).Order(), Hostlist.Expand(other.Nodes));
            Assert.Equal(one.GresDetail.Order(), other.GresDetail.Order());
            Assert.Equal(one with { Flags = [], GresDetail = [], Nodes = "" },
                other with { Flags = [], GresDetail = [], Nodes = "" });
        }
    }

    [Theory]
    [InlineData(6, 8)] // -N2 --gpus=h200:8
    [InlineData(7, 4)] // -n4 --gpus-per-task=h200:1
    [InlineData(8, 4)] // -n8 --ntasks-per-gpu=2 --gpus=4
    [InlineData(19, 2)] // --gres=gpu:2
    [InlineData(21, 2)] // -N2 --gpus-per-node=1
    [InlineData(20, 1)] // a task of --array=1-4%1 --gres=gpu:h200:1
    public void GPUs_count_however_they_were_asked_for(uint id, int gpus) => Assert.Equal(gpus, Job(id).Gpus);

    [Fact]
    public void A_record_of_pending_tasks_says_how_many_it_stands_for()
    {
        Assert.Equal((3, "2-4%1"), (Job(20).Tasks, Job(20).ArrayTasks));
        Assert.Equal((1, 1), (Job(22).Tasks, Job(22).ArrayTaskId!.Value));
        Assert.Equal(6, Parse(Line("JobId=2 "))!.Tasks);
    }

    [Theory]
    [InlineData("0-5%2", 6)]
    [InlineData("1,3-9:2", 5)]
    [InlineData("7", 1)]
    [InlineData("1,3,...", 1)]
    [InlineData("", 1)]
    public void Tasks_of_a_list_are_counted(string list, int tasks) => Assert.Equal(tasks, JobWords.TasksOf(list));

    [Fact]
    public void Suspension_ends_and_GPU_indices_are_told()
    {
        var suspended = Job(23);
        Assert.Equal(("SUSPENDED", 6L), (suspended.State, suspended.SecondsBeforeSuspend));
        Assert.NotNull(suspended.SuspendTime);
        Assert.Equal((7, (int?)null), (Job(24).ExitCode!.Value, Job(24).ExitSignal));
        Assert.Equal((null, 9), (Job(25).ExitCode, Job(25).ExitSignal!.Value));
        // The node list is n[0-1]; scontrol tells of n1 first.
        Assert.Equal(["gpu:h200:1(IDX:3)", "gpu:h200:1(IDX:0)"], Job(21).GresDetail);
        Assert.Equal(("adm x=y", "a=b c|d"), (Job(19).AdminComment, Job(19).Comment));
        Assert.Equal(("afterok:23(unfulfilled)", true), (Job(27).Dependency, Parse(Line("JobId=2 "))!.Held));
    }

    [Fact]
    public void A_job_whose_name_holds_a_record_of_another_costs_these_and_nobody_else()
    {
        var lines = Read(new JobLines(), Recorded);
        // 15 names JobId=1 in its name and JobId=2 in its comment: these stand there twice. 16 forges fields in its
        // name.
        Assert.Equal("1 2 15 16", string.Join(' ', lines.Doubtful.Select(id => id.Value).Order()));
        Assert.Equal(Real.Count - 4, lines.Changed.Count());
    }

    [Fact]
    public void A_perfect_record_in_a_name_is_no_job_and_unmasks_its_author()
    {
        var honest = Line("JobId=24 ");
        var rest = honest[honest.IndexOf("SLUID", StringComparison.Ordinal)..];
        var forged = honest.Replace(
            "JobName=fail", $"JobName=x {rest}\nJobId=4711 JobName=victim", StringComparison.Ordinal);
        var lines = Read(new JobLines(), Encoding.UTF8.GetBytes(Line("JobId=23 ") + "\n" + forged + "\n"));
        Assert.Equal(23u, Assert.Single(lines.Changed).Id.Value);
        Assert.Equal(24u, Assert.Single(lines.Doubtful).Value);
        Assert.False(lines.Has(new JobId(4711)));
        // Nothing changed: the forgery is not looked at again.
        lines.Begin();
        lines.Add(Encoding.UTF8.GetBytes(Line("JobId=23 ") + "\n" + forged + "\n"));
        lines.End();
        Assert.False(lines.HasFresh);
        Assert.Empty(lines.Changed);
        Assert.Empty(lines.Doubtful);
    }

    [Fact]
    public void Nothing_changed_is_no_job_whatever_the_clock_shows()
    {
        var lines = Read(new JobLines(), Recorded);
        var later = Encoding.Latin1.GetString(Recorded)
            .Replace("RunTime=00:00:0", "RunTime=00:01:0", StringComparison.Ordinal)
            .Replace("LastSchedEval=17958", "LastSchedEval=17959", StringComparison.Ordinal);
        later = later.Replace("JobState=SUSPENDED", "JobState=RUNNING", StringComparison.Ordinal);
        Read(lines, Encoding.Latin1.GetBytes(later));
        Assert.Equal([("RUNNING", 23u)], lines.Changed.Select(j => (j.State, j.Id.Value)));
        Assert.Empty(lines.TakeGone());
    }

    [Fact]
    public void A_job_that_the_controller_forgot_is_told_once()
    {
        var lines = Read(new JobLines(), Recorded);
        Read(lines, Encoding.UTF8.GetBytes(Line("JobId=24 ") + "\n"));
        Assert.Equal(Real.Count - 1, lines.TakeGone().Count);
        Assert.Empty(lines.TakeGone());
    }

    [Fact]
    public void Bytes_that_are_no_UTF8_cost_a_character() =>
        Assert.Equal(("ev\ufffdil", "caf\ufffd"), (Job(26).Name, Job(26).Comment));

    [Theory]
    [InlineData("COMPLETING", "RUNNING", "COMPLETING")]
    [InlineData("CONFIGURING", "RUNNING", "CONFIGURING")]
    [InlineData("REQUEUE_HOLD", "PENDING", "REQUEUE_HOLD")]
    [InlineData("TIMEOUT", "TIMEOUT", null)]
    public void A_flag_in_place_of_the_state_keeps_a_base_state(string word, string state, string? flag)
    {
        var job = Changed("JobState=FAILED", "JobState=" + word);
        Assert.Equal((state, flag), (job.State, job.Flags.SingleOrDefault()));
    }

    [Theory]
    [InlineData("00:05:00", 5)]
    [InlineData("01:00:00", 60)]
    [InlineData("2-03:04:05", (2 * 1440) + 184 + 1)]
    [InlineData("UNLIMITED", null)]
    [InlineData("Partition_Limit", null)]
    [InlineData("-::", null)]
    public void Time_limits_become_minutes(string text, int? minutes) =>
        Assert.Equal(minutes, Changed("TimeLimit=00:10:00", "TimeLimit=" + text).TimeLimitMinutes);

    [Theory]
    [InlineData("alice(2001)", "alice")]
    [InlineData("nobody(10001)", "10001")]
    [InlineData("(10001)", "10001")]
    [InlineData("nobody(65534)", "nobody")]
    public void A_user_that_nobody_can_name_is_a_uid(string text, string user) =>
        Assert.Equal(user, Changed("UserId=alice(2001)", "UserId=" + text).User);

    [Fact]
    public void Where_GPUs_are_no_TRES_the_nodes_tell_them()
    {
        var job = Parse(Line("JobId=19 ").Replace(",gres/gpu=2", "", StringComparison.Ordinal));
        Assert.Equal(2, job!.Gpus);
    }

    [Fact]
    public void Damage_costs_the_records_that_it_touches_and_never_throws()
    {
        var random = new Random(20261127);
        var whole = Read(new JobLines(), Recorded).Changed.ToDictionary(j => j.Id);
        for (var i = 0; i < 2000; i++)
        {
            var (bytes, from, to) = Damage(random);
            var lines = Read(new JobLines(), bytes, random);
            var touched = Touched(from, to);
            foreach (var job in lines.Changed.Where(j => !touched.Contains(j.Id.Value)))
                Assert.True(whole.TryGetValue(job.Id, out var same) && same.SameAs(job), $"job {job.Id} in run {i}");
            Assert.Empty(whole.Keys.Where(id => !touched.Contains(id.Value))
                .Except(lines.Changed.Select(j => j.Id)).Except(lines.Doubtful));
        }
    }

    private static (byte[] Bytes, int From, int To) Damage(Random random)
    {
        byte[] bits = [.. "\n\r =|+*[]{}\"0918-:,(null)AB"u8, 0xe9, 0xff, 0];
        var bytes = Recorded.ToList();
        var from = random.Next(bytes.Count);
        var to = from + 1;
        switch (random.Next(3))
        {
            case 0:
                bytes[from] = bits[random.Next(bits.Length)];
                break;
            case 1:
                bytes.Insert(from, bits[random.Next(bits.Length)]);
                break;
            default:
                to = Math.Min(from + random.Next(1, 3000), bytes.Count);
                bytes.RemoveRange(from, to - from);
                break;
        }
        return ([.. bytes], from, to);
    }

    // Ids of the records that hold a byte of the damage, and of those beside them: an end of line belongs to both.
    private static HashSet<uint> Touched(int from, int to)
    {
        var touched = new HashSet<uint>();
        var (id, start) = (0u, 0);
        foreach (var line in Encoding.Latin1.GetString(Recorded).Split('\n'))
        {
            var (next, end) = (JobRecordText.IdOf(Encoding.Latin1.GetBytes(line)), start + line.Length + 1);
            if (next != 0 && Real.Contains(next))
                id = next;
            if (start <= to && end >= from)
                touched.UnionWith([id, next]);
            start = end;
        }
        return touched;
    }

    private static JobLines Read(JobLines lines, byte[] bytes, Random? pieces = null)
    {
        lines.Begin();
        for (var at = 0; at < bytes.Length;)
        {
            var length = Math.Min(pieces?.Next(1, 4000) ?? 1000, bytes.Length - at);
            lines.Add(bytes.AsSpan(at, length));
            at += length;
        }
        lines.End();
        lines.Confirm(Real);
        return lines;
    }

    private static SlurmJob Job(uint id) =>
        Read(new JobLines(), Recorded).Changed.Single(j => j.Id.Value == id);

    private static SlurmJob Changed(string from, string to) =>
        Parse(Line("JobId=24 ").Replace(from, to, StringComparison.Ordinal))!;

    private static SlurmJob? Parse(string line) => JobRecordText.Parse(Encoding.UTF8.GetBytes(line), new StringPool());

    private static string Line(string start) => Encoding.Latin1.GetString(Recorded).Split('\n')
        .First(l => l.StartsWith(start, StringComparison.Ordinal));
}
