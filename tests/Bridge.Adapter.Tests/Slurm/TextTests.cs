using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Slurm.Text;

namespace Bridge.Adapter.Tests.Slurm;

/// <summary>The output of Slurm's client, well-meant and not.</summary>
public sealed class TextTests
{
    private const string Node =
        "NodeName=n1 CPUAlloc=0 CPUTot=4 AvailableFeatures=(null) Gres=(null) NodeAddr=n1 OS=Linux 6.1 #1 SMP  "
            + "RealMemory=2000 State=IDLE+DRAIN Weight=3 ";

    [Fact]
    public void What_somebody_wrote_into_a_comment_is_not_a_state()
    {
        var text = Node
            + "Reason=bridge: x State=DOWN [root@1795236224] Comment=State=DOWN CPUTot=99 Gres=gpu:1 Extra={\"a\":\"b "
            + "c\"}\n";
        var node = Assert.Single(NodeTexts.Read(text).Nodes);
        Assert.Equal(SlurmNodeState.Idle | SlurmNodeState.Drain, node.State);
        Assert.Equal(("bridge: x State=DOWN", 4, "", """{"a":"b c"}"""),
            (node.Reason, node.Cpus, node.Gres, node.Extra));
        Assert.Equal(1795236224, node.ReasonSince!.Value.ToUnixTimeSeconds());
        Assert.Empty(node.Features);
    }

    [Fact]
    public void A_line_break_in_a_comment_does_not_make_a_node()
    {
        var (nodes, unread, stray) =
            NodeTexts.Read(Node + "Comment=one\ntwo three\n" + Node.Replace("n1", "n2", StringComparison.Ordinal)
            + "\n");
        Assert.Empty(unread);
        Assert.Equal("", stray);
        Assert.Equal(["n1", "n2"], nodes.Select(n => n.Name.Value));
        Assert.Equal("one two three", nodes[0].Comment);
    }

    [Theory]
    [InlineData("slurm_load_node error: Unable to contact slurm controller", null)]
    [InlineData("NodeName=n1 State=IDLE", "n1")]
    [InlineData("NodeName=n1;rm CPUTot=4 State=IDLE", "")]
    public void What_is_not_understood_is_named(string line, string? name)
    {
        var (nodes, unread, stray) = NodeTexts.Read(line);
        Assert.Empty(nodes);
        Assert.Equal(name, unread.SingleOrDefault());
        Assert.Equal(name is null, stray.Length > 0);
    }

    [Fact]
    public void A_record_of_the_last_read_stays_the_same_node()
    {
        var lines = new NodeLines();
        var other = Node.Replace("n1", "n2", StringComparison.Ordinal);
        var before = NodeTexts.Read($"{Node}\n{other}\n", lines).Nodes;
        Assert.False(lines.Same);
        var after = NodeTexts.Read($"{Node}\n{other}\n", lines).Nodes;
        Assert.True(lines.Same);
        Assert.All(before.Zip(after), pair => Assert.Same(pair.First, pair.Second));
        other = other.Replace("CPUAlloc=0", "CPUAlloc=1", StringComparison.Ordinal);
        after = NodeTexts.Read($"{Node}\n{other}\n", lines).Nodes;
        Assert.False(lines.Same);
        Assert.Same(before[0], after[0]);
        Assert.Equal(1, after[1].AllocatedCpus);
        NodeTexts.Read($"{Node}\n", lines);
        Assert.False(lines.Same); // one is gone, and none is new
        NodeTexts.Read($"{Node}\n", lines);
        Assert.True(lines.Same);
        lines.Forget();
        NodeTexts.Read($"{Node}\n", lines);
        Assert.False(lines.Same);
    }

    [Theory]
    [InlineData("IDLE*", SlurmNodeState.Idle | SlurmNodeState.NotResponding)]
    [InlineData("DOWN~+CLOUD", SlurmNodeState.Down | SlurmNodeState.PoweredDown | SlurmNodeState.Cloud)]
    [InlineData("MIXED+DRAIN+NOT_RESPONDING",
        SlurmNodeState.Mixed | SlurmNodeState.Drain | SlurmNodeState.NotResponding)]
    [InlineData("BLOCKED+IDLE", SlurmNodeState.Other | SlurmNodeState.Idle)]
    public void State_words_and_marks_become_flags(string text, SlurmNodeState expected) =>
        Assert.Equal(expected, NodeStates.Of(text.Split('+')));

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
        var random = new Random(20261121);
        for (var i = 0; i < 3000; i++)
        {
            foreach (var node in NodeTexts.Read(Damage(nodes, random)).Nodes)
                Assert.True(NodeName.IsValid(node.Name.Value));
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
}
