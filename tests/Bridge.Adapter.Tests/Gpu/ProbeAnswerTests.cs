namespace Bridge.Adapter.Tests.Gpu;

/// <summary>
/// A probe's child that answers badly, ends badly or starts late, and a library that this machine cannot load.
/// </summary>
[Collection("gpu")]
public sealed class ProbeAnswerTests(FakeGpus fake)
{
    private static string Spoiler { get; } = Path.Combine(FakeGpus.Folder, "faults", "libanswer.so");

    [Theory]
    [InlineData("garbage", "no answer of version 1: 1 lines of output")]
    [InlineData("truncated", "no answer of version 1: 1 lines of output")]
    [InlineData("nothing", "no answer of version 1: 0 lines of output")]
    [InlineData("exit 7", "ended with 7 before its first native call")]
    [InlineData("signal 11", "ended with 139 before its first native call, by signal 11: it said nothing")]
    [InlineData("signal 9", "ended with 137 before its first native call, by signal 9: it said nothing")]
    public async Task Sweep_without_a_usable_answer_ends_with_3_and_is_no_verdict(string how, string why)
    {
        var result = await RunAsync(how, null, "nvml", "--library", Spoiler);
        Assert.Equal((3, "broken"), (result.Code, result.Text("outcome")));
        Assert.Contains(why, result.Text("why"), StringComparison.Ordinal);
        Assert.NotEmpty(result.Text("advice"));
        Assert.False(result.Report.TryGetProperty("verdicts", out _), result.Output);
    }

    [Theory]
    [InlineData("garbage", "answer", "last line is no answer of version 1")]
    [InlineData("truncated", "answer", "last line is no answer of version 1")]
    [InlineData("nothing", "answer", "last line is no answer of version 1")]
    [InlineData("exit 7", "crash", "ended with 7 in cudaGetDeviceCount")]
    [InlineData("signal 6", "crash", "ended with 134 in cudaGetDeviceCount, by signal 6")]
    public async Task Collective_without_a_usable_answer_ends_with_3_and_says_why(
        string how, string failure, string why)
    {
        var result = await RunAsync(how, null, [.. Collective(), "--library", Spoiler]);
        Assert.Equal((3, failure), (result.Code, result.Text("failure")));
        Assert.Contains(why, result.Text("why"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Line_of_somebody_else_spoils_a_sweep_but_not_a_collective()
    {
        var sweep = await RunAsync("prefix", Spoiler, "nvml", "--library", FakeGpus.Nvml(580));
        Assert.Equal(3, sweep.Code);
        Assert.Contains("2 lines of output", sweep.Text("why"), StringComparison.Ordinal);
        var collective = await RunAsync("prefix", Spoiler, Collective());
        Assert.True(collective.Code == 0, collective.Output + collective.Errors);
    }

    [Fact]
    public async Task Child_that_starts_late_still_has_its_whole_deadline()
    {
        var result = await RunAsync("slow 7000", Spoiler, "nvml", "--library", FakeGpus.Nvml(580), "--timeout", "6");
        Assert.True(result.Code == 0, result.Output + result.Errors);
        Assert.InRange(result.Report.GetProperty("tookMilliseconds").GetDouble(), 7000, 60_000);
    }

    [Fact]
    public async Task Library_of_another_architecture_ends_with_4_and_names_it()
    {
        var foreign = Foreign();
        var sweep = await RunAsync("nothing", null, "nvml", "--library", foreign);
        Assert.Equal((4, "libraryUnusable"), (sweep.Code, sweep.Text("state")));
        Assert.Contains("built for aarch64, this machine is x86-64", sweep.Text("why"), StringComparison.Ordinal);
        Assert.NotEmpty(sweep.Text("advice"));
        var collective = await RunAsync("nothing", null, [.. Collective(), "--library", foreign]);
        Assert.Equal((4, "unavailable"), (collective.Code, collective.Text("outcome")));
        Assert.Contains("built for aarch64", collective.Text("why"), StringComparison.Ordinal);
    }

    /// <summary>The fake itself, relabelled: e_machine stands at 18, 183 is aarch64 (elf(5)).</summary>
    private string Foreign()
    {
        var bytes = System.IO.File.ReadAllBytes(FakeGpus.Nvml(580));
        bytes[18] = 183;
        var file = fake.File("libnvidia-ml-aarch64.so.1");
        System.IO.File.WriteAllBytes(file, bytes);
        return file;
    }

    private string[] Collective()
    {
        System.IO.File.WriteAllText(fake.File("nccl"), "");
        var meeting = $"file:{fake.File("answer-meet")}";
        return ["nccl", "--rank", "0", "--size", "1", "--bytes", "8", "--rendezvous", meeting];
    }

    private Task<BridgeResult> RunAsync(string how, string? preload, params string[] verb)
    {
        fake.Write("include h100x8.gpu");
        var variables = new Dictionary<string, string>
        {
            ["BRIDGE_FAKE_GPU"] = fake.StateFile,
            ["BRIDGE_FAKE_NCCL"] = fake.File("nccl"),
            ["BRIDGE_FAKE_ANSWER"] = how,
        };
        if (preload is not null) variables["LD_PRELOAD"] = preload;
        return BridgeProcess.RunAsync(variables, ["probe", .. verb]);
    }
}
