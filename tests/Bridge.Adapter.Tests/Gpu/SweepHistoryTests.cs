using System.Text.Json;
using System.Text.Json.Nodes;

namespace Bridge.Adapter.Tests.Gpu;

/// <summary>Sweep after sweep through the verb; each process knows the earlier ones from a file only.</summary>
[Collection("gpu")]
public sealed class SweepHistoryTests(FakeGpus fake)
{
    private readonly string file = fake.File($"history-{Guid.NewGuid():N}");

    [Fact]
    public async Task Signal_that_comes_and_goes_is_called_flapping_although_it_is_good_now()
    {
        string[] reasons = ["0x40", "0x1", "0x40", "0x1"];
        BridgeResult? last = null;
        foreach (var mask in reasons)
            last = await ProbeAsync("include h100x8.gpu", "[gpu 2]", $"clock.reasons = {mask}");
        Assert.True(last!.Code == 1, last.Output + last.Errors);
        var verdict = Assert.Single(Failed(last));
        Assert.Equal("hw-thermal", verdict.GetProperty("check").GetString());
        Assert.True(verdict.GetProperty("flapping").GetBoolean());
        Assert.Equal(3, last.Report.GetProperty("history").GetProperty("sweeps").GetInt32());
        Assert.Equal(4, System.IO.File.ReadLines(file).Count());
    }

    [Fact]
    public async Task Counter_of_the_boards_life_counts_only_what_it_grew()
    {
        var first = await ProbeAsync("include h100x8.gpu", "[gpu 2]", "ecc.aggregate.uncorrected = 7");
        Assert.True(first.Code == 0, first.Output + first.Errors);
        var second = await ProbeAsync("include h100x8.gpu", "[gpu 2]", "ecc.aggregate.uncorrected = 9");
        Assert.True(second.Code == 1, second.Output + second.Errors);
        Assert.Contains("ecc.aggregate_uncorrected grew by 2", second.Text("why"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Counter_that_a_reboot_reset_starts_from_zero()
    {
        await ProbeAsync("include h100x8.gpu", "[gpu 2]", "pcie.replay = 5000");
        Rewrite(line => line["sweep"]!["bootId"] = "an earlier boot");
        var calm = await ProbeAsync("include h100x8.gpu", "[gpu 2]", "pcie.replay = 400");
        Assert.Empty(Failed(calm));
        var grown = await ProbeAsync("include h100x8.gpu", "[gpu 2]", "pcie.replay = 1500");
        Assert.Contains("pcie.replays grew by 1500", Assert.Single(Failed(grown)).GetProperty("why").GetString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Missing_gpu_is_named_from_the_file()
    {
        await ProbeAsync("include h100x8.gpu", "[gpu 2]", "uuid = GPU-that-went");
        var result = await ProbeAsync("include h100x8.gpu", "[gpu 2]", "absent = 1");
        Assert.Equal(1, result.Code);
        Assert.Contains("gone now: GPU-that-went", result.Text("why"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Corrupt_line_is_said_skipped_and_gone_afterwards()
    {
        await ProbeAsync("include h100x8.gpu");
        var good = System.IO.File.ReadAllText(file);
        System.IO.File.WriteAllText(file, good + good[..500] + "\n" + "{\"version\":1,\"probe\":\"nccl\"}\n" + good);
        var result = await ProbeAsync("include h100x8.gpu");
        Assert.True(result.Code == 0, result.Output + result.Errors);
        Assert.Contains($"{file}:2: is skipped: it is not whole", result.Errors, StringComparison.Ordinal);
        Assert.Contains($"{file}:3: is skipped: ", result.Errors, StringComparison.Ordinal);
        var used = result.Report.GetProperty("history");
        Assert.Equal((2, 2), (used.GetProperty("sweeps").GetInt32(), used.GetProperty("skipped").GetInt32()));
        Assert.Equal(3, System.IO.File.ReadLines(file).Count());
        Assert.Equal("", (await ProbeAsync("include h100x8.gpu")).Errors);
    }

    [Fact]
    public async Task File_keeps_the_newest_lines_only()
    {
        for (var i = 0; i < 3; i++) await ProbeAsync("include h100x8.gpu", "[gpu]", $"temp.gpu = {40 + i}");
        fake.Write("include h100x8.gpu", "[gpu]", "temp.gpu = 43");
        Assert.Equal(0, (await RunAsync("--history-sweeps", "2")).Code);
        var kept = System.IO.File.ReadLines(file).Select(l => JsonElement.Parse(l).GetProperty("sweep")
            .GetProperty("gpus")[0].GetProperty("readings").GetProperty("temperature.gpu_celsius")
            .GetProperty("value").GetDouble());
        Assert.Equal([42, 43], kept);
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(file)!, Path.GetFileName(file) + "*.new"));
    }

    [Fact]
    public async Task Probes_at_the_same_time_lose_no_line()
    {
        fake.Write("include h100x8.gpu");
        var results = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => RunAsync()));
        Assert.All(results, r => Assert.True(r.Code == 0, r.Output + r.Errors));
        Assert.Equal(3, System.IO.File.ReadLines(file).Count());
    }

    [Fact]
    public async Task History_that_cannot_be_written_is_said_and_changes_no_verdict()
    {
        fake.Write("include h100x8.gpu");
        Directory.CreateDirectory(file + ".lock");
        var result = await RunAsync();
        Assert.True(result.Code == 0, result.Output + result.Errors);
        Assert.Contains($"--history {file}: not added", result.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--history /nowhere/at/all", "there is no folder /nowhere/at")]
    [InlineData("--history /tmp", "--history /tmp: is a folder")]
    [InlineData("--history-sweeps 0", "--history-sweeps must be from 1 to 2016")]
    [InlineData("--watch", "--history goes with a sweep")]
    public async Task Wrong_option_ends_with_2(string options, string error)
    {
        fake.Write("include h100x8.gpu");
        var result = await RunAsync(options.Split(' '));
        Assert.Equal(2, result.Code);
        Assert.Contains(error, result.Errors, StringComparison.Ordinal);
    }

    private static List<JsonElement> Failed(BridgeResult result) =>
    [
        .. result.Report.GetProperty("verdicts").EnumerateArray()
            .Where(v => v.GetProperty("outcome").GetString() == "fail"),
    ];

    private void Rewrite(Action<JsonNode> change)
    {
        var lines = System.IO.File.ReadAllLines(file).Select(l =>
        {
            var line = JsonNode.Parse(l)!;
            change(line);
            return line.ToJsonString();
        }).ToList();
        System.IO.File.WriteAllLines(file, lines);
    }

    private Task<BridgeResult> ProbeAsync(params string[] state)
    {
        fake.Write(state);
        return RunAsync();
    }

    private Task<BridgeResult> RunAsync(params string[] more)
    {
        var variables = new Dictionary<string, string> { ["BRIDGE_FAKE_GPU"] = fake.StateFile };
        string[] own = more is ["--history", ..] ? [] : ["--history", file];
        return BridgeProcess.RunAsync(
            variables, ["probe", "nvml", "--library", FakeGpus.Nvml(580), "--expect-gpus", "8", .. own, .. more]);
    }
}
