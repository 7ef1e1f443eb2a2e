using System.Text.Json;

namespace Bridge.Adapter.Tests.Gpu;

/// <summary>Tests of many nodes over the fake NCCL, one node each, held against each other by the verb.</summary>
[Collection("gpu")]
public sealed class CompareProbeTests(FakeGpus fake)
{
    private static int Runs;

    [Fact]
    public async Task Node_far_below_its_peers_is_named_although_nobody_published_a_line()
    {
        var files = await MeasureAsync(["[node n2]", "factor = 0.8"], "n0", "n1", "n2", "n3");
        var result = await CompareAsync(files);
        Assert.True(result.Code == 1, result.Output + result.Errors);
        var slow = result.Report.GetProperty("slow").EnumerateArray().Select(s => s.GetString());
        Assert.Equal(["n2"], slow);
        Assert.Contains("n2 reaches", result.Text("why"), StringComparison.Ordinal);
        Assert.Contains("of the median of 4 tests", result.Text("why"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nodes_that_are_alike_end_with_0_and_too_few_of_them_with_3()
    {
        var files = await MeasureAsync([], "n0", "n1", "n2");
        var alike = await CompareAsync(files);
        Assert.True(alike.Code == 0, alike.Output + alike.Errors);
        Assert.Equal(3, alike.Report.GetProperty("tests").GetInt32());
        var few = await CompareAsync(files[..2]);
        Assert.Equal((3, "broken"), (few.Code, few.Text("outcome")));
        Assert.Contains("a median needs 3", few.Text("why"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Site_sets_the_share_itself()
    {
        double[] reached = [480, 480, 384];
        string[] files = [.. reached.Select((giga, i) => Write($"site-{i}", Whole($"site-{i}", giga)))];
        var folder = Directory.CreateDirectory(fake.File("site")).FullName;
        System.IO.File.WriteAllText(Path.Combine(folder, "bandwidth.json"), Bandwidth("0.75"));
        Assert.Equal(0, (await CompareAsync([.. files, "--rules", folder])).Code);
        System.IO.File.WriteAllText(Path.Combine(folder, "bandwidth.json"), Bandwidth("1.2"));
        var wrong = await CompareAsync([.. files, "--rules", folder]);
        Assert.Equal(2, wrong.Code);
        const string error = "bandwidth.json: relative.share: must be between 0.01 and 1, is 1.2";
        Assert.Contains(error, wrong.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ranks_of_one_test_are_one_sample_and_wrong_files_are_all_named()
    {
        var whole = Report("t1", 0, 480) + '\n' + Report("t1", 1, 430) + '\n';
        string[] files = [Write("t1", whole), Write("t2", Whole("t2", 480)), Write("t3", Whole("t3", 470))];
        var result = await CompareAsync(files);
        Assert.True(result.Code == 1, result.Output + result.Errors);
        Assert.Equal(3, result.Report.GetProperty("tests").GetInt32());
        var wrong = await CompareAsync(Write("bad", whole + "{\"version\":"), "/nowhere/x.json", Write("none", ""));
        Assert.Equal(2, wrong.Code);
        Assert.Contains("bad:3: is no report of bridge probe nccl", wrong.Errors, StringComparison.Ordinal);
        Assert.Contains("/nowhere/x.json: cannot be read", wrong.Errors, StringComparison.Ordinal);
        Assert.Contains("none: is empty", wrong.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Test_that_broke_off_leaves_its_nodes_unknown_and_blames_nobody()
    {
        var broken = Report("t4", 0, 1).Replace("\"healthy\"", "\"broken\"", StringComparison.Ordinal);
        var good = Enumerable.Range(1, 3).Select(i => Write($"t{i}", Whole($"t{i}", 480)));
        string[] files = [.. good, Write("t4", broken)];
        var result = await CompareAsync(files);
        Assert.Equal((3, "broken"), (result.Code, result.Text("outcome")));
        Assert.Contains("says nothing of its nodes", result.Text("why"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"healthy\"", "\"broken\"")]
    [InlineData("\"rank\":1", "\"rank\":0")]
    public async Task Wrong_sum_of_a_test_that_broke_off_is_told_all_the_same(string whole, string half)
    {
        var damaged = Whole("t4", 480).Replace("\"wrongValues\":0", "\"wrongValues\":5", StringComparison.Ordinal)
            .Replace(whole, half, StringComparison.Ordinal);
        var good = Enumerable.Range(1, 3).Select(i => Write($"t{i}", Whole($"t{i}", 480)));
        string[] files = [.. good, Write("t4", damaged)];
        var result = await CompareAsync(files);
        Assert.True((1, "unhealthy") == (result.Code, result.Text("outcome")), result.Output + result.Errors);
        Assert.Contains("of the sum of 1073741824 bytes are wrong", result.Text("why"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rank_that_left_no_report_is_missed()
    {
        var good = Enumerable.Range(1, 3).Select(i => Write($"t{i}", Whole($"t{i}", 480)));
        string[] files = [.. good, Write("t4", Report("t4", 0, 480))];
        var result = await CompareAsync(files);
        Assert.Equal((3, "broken"), (result.Code, result.Text("outcome")));
        Assert.Contains("rank 1 of 2 left no report", result.Text("why"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Report_names_node_test_and_number_of_nodes_as_slurm_does()
    {
        fake.Write("include h100x8.gpu");
        System.IO.File.WriteAllText(fake.File("nccl"), "");
        var meeting = $"file:{fake.File($"named-{Interlocked.Increment(ref Runs)}")}";
        var result = await BridgeProcess.RunAsync(
            new Dictionary<string, string>
            {
                ["BRIDGE_FAKE_GPU"] = fake.StateFile, ["BRIDGE_FAKE_NCCL"] = fake.File("nccl"),
                ["SLURMD_NODENAME"] = "gpu-7", ["SLURM_NNODES"] = "2",
            },
            "probe", "nccl", "--bytes", "8", "--product", "h100", "--rendezvous", meeting);
        Assert.True(result.Code == 0, result.Output + result.Errors);
        Assert.Equal(
            ("gpu-7", meeting, "h100", "2"),
            (result.Text("node"), result.Text("test"), result.Text("product"), result.Text("nodes")));
    }

    private static string Whole(string test, double giga) =>
        Report(test, 0, giga) + '\n' + Report(test, 1, giga) + '\n';

    private static string Report(string test, int rank, double giga) => JsonSerializer.Serialize(new
    {
        version = 1, probe = "nccl", outcome = "healthy", why = "x", rank, size = 2, node = $"{test}-n{rank}", test,
        nodes = 2,
        sizes = new[]
        {
            new
            {
                bytes = 1 << 30, iterations = 1, microseconds = 1.0, algorithmBytesPerSecond = giga * 1e9,
                busBytesPerSecond = giga * 1e9, wrongValues = 0,
            },
        },
    });

    private static string Bandwidth(string share) => $$"""
        {"version": 1, "relative": {"share": {{share}}, "minTests": 3, "minBytes": 1024,
          "provenance": [{"source": "s", "link": "l"}]},
         "lines": [{"product": "h100", "minNodes": 1, "maxNodes": 1, "minBytes": 0, "gigabytesPerSecond": 1,
          "provenance": [{"source": "s", "link": "l"}]}]}
        """;

    private static Task<BridgeResult> CompareAsync(params string[] arguments) =>
        BridgeProcess.RunAsync(new Dictionary<string, string>(), ["probe", "compare", .. arguments]);

    private string Write(string name, string text)
    {
        System.IO.File.WriteAllText(fake.File(name), text);
        return fake.File(name);
    }

    /// <summary>One test of two ranks on each node; the files hold what the verb printed.</summary>
    private async Task<string[]> MeasureAsync(string[] table, params string[] nodes)
    {
        fake.Write("include h100x8.gpu");
        System.IO.File.WriteAllLines(fake.File("nccl"), table);
        var files = new List<string>();
        foreach (var node in nodes)
        {
            var run = Interlocked.Increment(ref Runs);
            var ranks = await Task.WhenAll(Enumerable.Range(0, 2).Select(rank => BridgeProcess.RunAsync(
                new Dictionary<string, string>
                {
                    ["BRIDGE_FAKE_GPU"] = fake.StateFile,
                    ["BRIDGE_FAKE_NCCL"] = fake.File("nccl"),
                    ["BRIDGE_FAKE_NODE"] = node,
                    ["SLURMD_NODENAME"] = node,
                },
                "probe", "nccl", "--rank", $"{rank}", "--size", "2", "--device", $"{rank}", "--bytes", "8,64M",
                "--rendezvous", $"file:{fake.File($"compare-{run}")}", "--timeout", "60")));
            Assert.All(ranks, r => Assert.True(r.Code == 0, r.Output + r.Errors));
            files.Add(Write($"report-{run}", string.Concat(ranks.Select(r => r.Output))));
        }
        return [.. files];
    }
}
