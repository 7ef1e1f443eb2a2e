using Bridge.Core.Health;

namespace Bridge.Core.Tests.Health;

public sealed class PeerBandwidthTests
{
    private static readonly RelativeLine Rule = new(0.92, 3, 1 << 26, [new Provenance("test", "none")]);
    private static readonly TestShape Eight = new("h100", 8, 1, 1 << 30);

    [Theory]
    [InlineData(new double[] { 480, 481, 479, 300 }, "n3")]
    [InlineData(new double[] { 480, 480, 441 }, "n2")]
    [InlineData(new double[] { 480, 480, 442 }, "")]
    [InlineData(new double[] { 480, 300, 480, 480, 290 }, "n1,n4")]
    [InlineData(new double[] { 300, 300, 300 }, "")]
    public void Test_below_the_share_of_the_median_is_named(double[] reached, string slow)
    {
        var failed = Judge(reached).Where(v => v.Outcome == Outcome.Fail).Select(v => v.Test.Name);
        Assert.Equal(slow, string.Join(',', failed));
    }

    [Fact]
    public void Verdict_tells_value_median_and_line()
    {
        var slow = Judge(480, 480, 480, 300)[3];
        Assert.Equal((4, 480e9), (slow.Peers, slow.Median));
        Assert.Equal(441.6e9, slow.Line!.Value, 1e3);
        Assert.Equal(
            "n3 reaches 300.0 GB/s with 8 ranks on 1 node and 1073741824 bytes of h100, 62 % of the median of 4 tests "
            + "(480.0 GB/s); the line is 441.6 GB/s",
            slow.Why);
    }

    [Fact]
    public void Too_few_peers_leave_the_verdict_open()
    {
        var verdicts = Judge(480, 200);
        Assert.All(verdicts, v => Assert.Equal((Outcome.Unknown, 2), (v.Outcome, v.Peers)));
        Assert.Contains("a median needs 3", verdicts[0].Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Tests_of_another_shape_are_no_peers()
    {
        PeerTest[] tests =
        [
            Test("a", 480), Test("b", 480), Test("c", 480),
            Test("pair", 300) with { Shape = Eight with { Ranks = 16, Nodes = 2 } },
            Test("a100", 220) with { Shape = Eight with { Product = "a100" } },
            Test("smaller", 200) with { Shape = Eight with { Bytes = 1 << 28 } },
        ];
        Assert.Equal(
            ["Pass", "Pass", "Pass", "Unknown", "Unknown", "Unknown"],
            PeerBandwidth.Judge(tests, Rule).Select(v => v.Outcome.ToString()));
    }

    [Fact]
    public void Test_that_came_to_no_end_is_no_evidence_and_no_peer()
    {
        PeerTest[] tests =
            [Test("a", 480), Test("b", 480), Test("dead", 0) with { BytesPerSecond = null, Problem = "cancelled" }];
        var verdicts = PeerBandwidth.Judge(tests, Rule);
        Assert.All(verdicts, v => Assert.Equal((Outcome.Unknown, 2), (v.Outcome, v.Peers)));
        Assert.EndsWith("cancelled", verdicts[2].Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Small_messages_measure_latency_and_are_not_judged()
    {
        var small = Eight with { Bytes = 8 };
        Assert.Empty(PeerBandwidth.Judge([Test("a", 1) with { Shape = small }], Rule));
    }

    private static IReadOnlyList<PeerVerdict> Judge(params double[] reached) =>
        PeerBandwidth.Judge([.. reached.Select((giga, i) => Test($"n{i}", giga))], Rule);

    private static PeerTest Test(string name, double giga) => new(name, Eight, giga * 1e9);
}
