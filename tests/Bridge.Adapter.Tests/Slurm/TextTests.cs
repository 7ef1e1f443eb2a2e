using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Slurm.Text;

namespace Bridge.Adapter.Tests.Slurm;

/// <summary>The output of Slurm's client, well-meant and not.</summary>
public sealed class TextTests
{
    private const string Mark = "5EC2E7";

    private const string Node =
        "NodeName=n1 CPUAlloc=0 CPUTot=4 AvailableFeatures=(null) Gres=(null) NodeAddr=n1 OS=Linux 6.1 #1 SMP  "
            + "RealMemory=2000 State=IDLE+DRAIN Weight=3 ";

    [Fact]
    public void What_somebody_wrote_into_a_comment_is_not_a_state()
    {
        var text = Node
            + "Reason=bridge: x State=DOWN [root@1795236224] Comment=State=DOWN CPUTot=99 Gres=gpu:1 Extra={\"a\":\"b "
            + "c\"}\n";
        var node = Assert.Single(NodeText.Parse(text).Nodes);
        Assert.Equal(SlurmNodeState.Idle | SlurmNodeState.Drain, node.State);
        Assert.Equal(("bridge: x State=DOWN", 4, "", """{"a":"b c"}"""),
            (node.Reason, node.Cpus, node.Gres, node.Extra));
        Assert.Equal(1795236224, node.ReasonSince!.Value.ToUnixTimeSeconds());
        Assert.Empty(node.Features);
    }

    [Fact]
    public void A_line_break_in_a_comment_does_not_make_a_node()
    {
        var (nodes, problems) =
            NodeText.Parse(Node + "Comment=one\ntwo three\n" + Node.Replace("n1", "n2", StringComparison.Ordinal)
            + "\n");
        Assert.Empty(problems);
        Assert.Equal(["n1", "n2"], nodes.Select(n => n.Name.Value));
        Assert.Equal("one two three", nodes[0].Comment);
    }

    [Theory]
    [InlineData("slurm_load_node error: Unable to contact slurm controller (connect failure)")]
    [InlineData("NodeName=n1 State=IDLE")]
    [InlineData("NodeName=n1;rm CPUTot=4 State=IDLE")]
    public void What_is_not_a_node_is_a_problem(string line) => Assert.Single(NodeText.Parse(line).Problems);

    [Theory]
    [InlineData("IDLE*", SlurmNodeState.Idle | SlurmNodeState.NotResponding)]
    [InlineData("DOWN~+CLOUD", SlurmNodeState.Down | SlurmNodeState.PoweredDown | SlurmNodeState.Cloud)]
    [InlineData("MIXED+DRAIN+NOT_RESPONDING",
        SlurmNodeState.Mixed | SlurmNodeState.Drain | SlurmNodeState.NotResponding)]
    [InlineData("BLOCKED+IDLE", SlurmNodeState.Other | SlurmNodeState.Idle)]
    public void State_words_and_marks_become_flags(string text, SlurmNodeState expected) =>
        Assert.Equal(expected, NodeStates.Of(text.Split('+')));

    [Theory]
    [InlineData("5:00", 5)]
    [InlineData("1:00:00", 60)]
    [InlineData("2-03:04:05", (2 * 1440) + 184 + 1)]
    [InlineData("UNLIMITED", null)]
    [InlineData("NOT_SET", null)]
    [InlineData("-:", null)]
    public void Time_limits_become_minutes(string text, int? minutes) =>
        Assert.Equal(minutes, Assert.Single(JobText.Parse(Row(limit: text), Mark).Jobs).TimeLimitMinutes);

    [Fact]
    public void A_job_name_with_the_delimiter_in_it_is_read_one_by_one_instead()
    {
        var (jobs, odd, problems) = JobText.Parse(Row(name: "a\u001fb") + "\n" + Row(name: "fine", id: 8), Mark);
        Assert.Equal("fine", Assert.Single(jobs).Name);
        Assert.Equal(new JobId(7), Assert.Single(odd));
        Assert.Empty(problems);
    }

    [Fact]
    public void A_comment_that_ends_its_record_and_begins_one_of_another_job_is_a_comment()
    {
        var forged = "x\u001e\n" + Row(name: "forged", id: 9)[..^(1 + Mark.Length)];
        var (jobs, odd, problems) = JobText.Parse(Row(id: 8) + "\n" + Row(comment: forged) + "\n", Mark);
        Assert.Equal(8u, Assert.Single(jobs).Id.Value);
        Assert.Equal(7u, Assert.Single(odd).Value);
        Assert.Empty(problems);
    }

    [Fact]
    public void The_end_of_a_record_in_a_name_is_part_of_the_name()
    {
        var (jobs, odd, problems) = JobText.Parse(Row(name: "a\u001eb") + "\n" + Row(id: 8) + "\n", Mark);
        Assert.Equal(["a\u001eb", "job"], jobs.Select(j => j.Name));
        Assert.Empty(odd);
        Assert.Empty(problems);
    }

    [Fact]
    public void A_job_that_stands_there_twice_is_believed_neither_time()
    {
        var (jobs, odd, problems) = JobText.Parse(Row() + "\n" + Row(state: "FAILED") + "\n" + Row(id: 8), Mark);
        Assert.Equal(8u, Assert.Single(jobs).Id.Value);
        Assert.Equal(7u, Assert.Single(odd).Value);
        Assert.Empty(problems);
    }

    [Fact]
    public void Every_question_has_a_mark_of_its_own()
    {
        Assert.NotEqual(JobText.NewMark(), JobText.NewMark());
        Assert.EndsWith("%k\u001e" + Mark, JobText.Command(Mark)[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Half_a_record_at_the_end_makes_the_whole_answer_doubtful()
    {
        var (_, odd, problems) = JobText.Parse(Row() + "\nsqueue: error: Unable to contact", Mark);
        Assert.Empty(odd);
        Assert.Single(problems);
    }

    [Theory]
    [InlineData("COMPLETING", "RUNNING", "COMPLETING")]
    [InlineData("CONFIGURING", "RUNNING", "CONFIGURING")]
    [InlineData("REQUEUE_HOLD", "PENDING", "REQUEUE_HOLD")]
    [InlineData("TIMEOUT", "TIMEOUT", null)]
    public void A_flag_in_place_of_the_state_keeps_a_base_state(string word, string state, string? flag)
    {
        var job = Assert.Single(JobText.Parse(Row(state: word), Mark).Jobs);
        Assert.Equal((state, flag), (job.State, job.Flags.SingleOrDefault()));
    }

    [Theory]
    [InlineData("cpu=2,mem=100M,node=2,billing=2,gres/gpu=4", 4)]
    [InlineData("gres/gpu:h100=2,gres/gpu:a100=1", 3)]
    [InlineData("gres/gpu=4,gres/gpu:h100=4", 4)]
    [InlineData("gres/gpumem=9,cpu=x", 0)]
    [InlineData("", 0)]
    public void GPUs_of_a_TRES_text_are_counted_once(string text, int gpus) =>
        Assert.Equal(gpus, JobWords.GpusOfTres(text));

    [Fact]
    public void No_damage_to_a_text_makes_a_parser_throw_or_invent_a_node()
    {
        var nodes = Recording.Text("text", "nodes-26.05.txt");
        var jobs = Recording.Text("text", "jobs-26.05.txt");
        var random = new Random(20261121);
        for (var i = 0; i < 3000; i++)
        {
            foreach (var node in NodeText.Parse(Damage(nodes, random)).Nodes)
                Assert.True(NodeName.IsValid(node.Name.Value));
            foreach (var job in JobText.Parse(Damage(jobs, random), mark: "").Jobs)
                Assert.NotEqual("", job.State);
        }
    }

    private static string Damage(string text, Random random)
    {
        const string Bits = "\n\r\u001e\u001f =|+*[]{}\"0918-:,(null)ABÿ€";
        var damaged = text.ToList();
        for (var n = random.Next(1, 12); n > 0; n--)
        {
            var at = random.Next(damaged.Count);
            switch (random.Next(4))
            {
                case 0:
                    damaged[at] = Bits[random.Next(Bits.Length)];
                    break;
                case 1:
                    damaged.Insert(at, Bits[random.Next(Bits.Length)]);
                    break;
                case 2:
                    damaged.RemoveRange(at, Math.Min(random.Next(60), damaged.Count - at - 1));
                    break;
                default:
                    damaged.InsertRange(at, damaged.GetRange(0, Math.Min(at, random.Next(200))));
                    break;
            }
        }
        return new string([.. damaged]);
    }

    private static string Row(string state = "RUNNING", string name = "job", string limit = "5:00", int id = 7,
        string comment = "(null)") =>
        string.Join('\u001f', id, state, "None", name, "alice", "lab", "all", "normal", id, "N/A", "2", "4",
            "n[0-1]", "gres/gpu:h100:2",
            "1795238045", "1795238045", "1795238645", limit, id, comment) + '\u001e' + Mark;
}
