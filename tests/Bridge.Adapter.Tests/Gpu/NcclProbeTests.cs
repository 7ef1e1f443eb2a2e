using System.Text.Json;

namespace Bridge.Adapter.Tests.Gpu;

/// <summary>The all-reduce probe as N processes over the fake NCCL, each rank on a node of its own.</summary>
[Collection("gpu")]
public sealed class NcclProbeTests(FakeGpus fake)
{
    private static int Runs;

    [Fact]
    public async Task Ranks_sum_right_and_tell_time_and_bandwidth()
    {
        var results = await RunAsync(3, [], "--bytes", "8,1M,16M");
        Assert.All(results, r => Assert.True(r.Code == 0, r.Output + r.Errors));
        Assert.All(results, r => Assert.Equal("healthy", r.Text("outcome")));
        foreach (var size in results.SelectMany(r => Sizes(r)))
        {
            Assert.Equal(0, size.GetProperty("wrongValues").GetInt64());
            Assert.True(size.GetProperty("microseconds").GetDouble() > 0);
            var (algorithm, bus) = (Bandwidth(size, "algorithm"), Bandwidth(size, "bus"));
            Assert.Equal(algorithm * 4 / 3, bus, bus * 1e-9);
        }
        Assert.Equal([8, 1 << 20, 16 << 20], Sizes(results[0]).Select(s => s.GetProperty("bytes").GetInt64()));
        Assert.Equal("2.29.7", results[0].Text("ncclVersion"));
    }

    [Fact]
    public async Task Ranks_meet_over_tcp_as_well()
    {
        var results = await RunAsync(2, [], "--rendezvous", $"tcp://127.0.0.1:{FreePort()}", "--bytes", "1M");
        Assert.All(results, r => Assert.True(r.Code == 0, r.Output + r.Errors));
    }

    [Fact]
    public async Task Slow_node_is_seen_in_the_bandwidth_of_every_rank_and_fails_the_line()
    {
        string[] line = ["--bytes", "1G", "--iterations", "1", "--product", "h100", "--nodes", "2"];
        var healthy = await RunAsync(2, ["[base]", "fabric_gbps = 480"], line);
        Assert.All(healthy, r => Assert.True(r.Code == 0, r.Output + r.Errors));
        var slow = await RunAsync(2, ["[base]", "fabric_gbps = 480", "[node n1]", "factor = 0.3"], line);
        Assert.All(slow, r => Assert.True(r.Code == 1, r.Output + r.Errors));
        Assert.Contains("the line for h100 on 2 nodes is 440.0 GB/s", slow[0].Text("why"), StringComparison.Ordinal);
        var ratio = Bandwidth(Sizes(slow[0])[0], "bus") / Bandwidth(Sizes(healthy[0])[0], "bus");
        Assert.InRange(ratio, 0.29, 0.32);
    }

    [Fact]
    public async Task Operation_that_never_ends_is_aborted_at_the_deadline()
    {
        var results = await RunAsync(2, ["[node n1]", "hang_at = 3"], "--bytes", "1M", "--timeout", "20");
        Assert.All(results, r => Assert.True(r.Code == 3, r.Output + r.Errors));
        Assert.Contains(results, r => r.Text("failure") == "hang"
            && r.Text("during") == "an all-reduce of 1048576 bytes");
        Assert.All(results, r => Assert.Contains(r.Text("failure"), (string[])["hang", "asyncError"]));
    }

    /// <summary>
    /// Over exact_bytes only a message's head travels, so places with values of their own come out wrong. The first
    /// size takes 22 operations, the second one hangs.
    /// </summary>
    [Fact]
    public async Task Wrong_sum_before_a_hang_is_still_damage_and_ends_with_1()
    {
        var results = await RunAsync(
            2, ["[base]", "exact_bytes = 4096", "[node n1]", "hang_at = 24"], "--bytes", "1M,2M", "--timeout", "20");
        Assert.All(results, r => Assert.True(r.Code == 1, r.Output + r.Errors));
        Assert.All(results, r => Assert.Contains("data was damaged", r.Text("why"), StringComparison.Ordinal));
        Assert.Contains(results, r => r.Text("failure") == "hang");
        var reports = fake.File("damaged");
        System.IO.File.WriteAllText(reports, string.Concat(results.Select(r => r.Output)));
        var compared = await BridgeProcess.RunAsync(new Dictionary<string, string>(), "probe", "compare", reports);
        Assert.True(compared.Code == 1, compared.Output + compared.Errors);
        Assert.Contains("of the sum of 1048576 bytes are wrong", compared.Text("why"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Communicator_that_never_comes_up_is_aborted_at_the_deadline()
    {
        var results = await RunAsync(2, ["[node n1]", "hang_init = yes"], "--bytes", "8", "--timeout", "5");
        Assert.All(results, r => Assert.True(r.Code == 3, r.Output + r.Errors));
        Assert.Contains(results, r => r.Text("during") == "joining the communicator");
    }

    [Fact]
    public async Task Asynchronous_error_is_told_with_its_code()
    {
        var results = await RunAsync(2, ["[node n1]", "error_at = 2"], "--bytes", "1M", "--timeout", "20");
        Assert.All(results, r => Assert.True(r.Code == 3, r.Output + r.Errors));
        Assert.Contains(results, r => r.Text("failure") == "asyncError"
            && r.Text("why").Contains("reports 6 (another rank failed or left)", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Rank_that_never_comes_ends_the_others_at_the_deadline()
    {
        var result = await RankAsync(0, 2, [], "--bytes", "8", "--timeout", "4");
        Assert.True(result.Code == 3, result.Output + result.Errors);
        Assert.Equal(("hang", "joining the communicator"), (result.Text("failure"), result.Text("during")));
    }

    [Fact]
    public async Task Rank_zero_that_never_comes_is_named()
    {
        var result = await RankAsync(1, 2, [], "--bytes", "8", "--timeout", "3");
        Assert.True((3, "rendezvous") == (result.Code, result.Text("failure")), result.Output + result.Errors);
        Assert.Contains("rank 0 did not come", result.Text("why"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rendezvous_of_another_run_is_refused()
    {
        var file = fake.File("taken");
        System.IO.File.WriteAllText(file, "something else");
        var result = await RankAsync(0, 1, [], "--rendezvous", $"file:{file}");
        Assert.Equal((3, "rendezvous"), (result.Code, result.Text("failure")));
        Assert.Contains("needs a name of its own", result.Text("why"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Missing_library_and_missing_gpu_end_with_4()
    {
        var library = await RankAsync(0, 1, [], "--library", "/nowhere/libnccl.so.2");
        Assert.Equal((4, "unavailable"), (library.Code, library.Text("outcome")));
        var device = await RankAsync(0, 1, [], "--device", "8");
        Assert.Equal(4, device.Code);
        Assert.Contains("there is no device 8", device.Text("why"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gpu_is_chosen_by_uuid()
    {
        const string uuid = "GPU-11111111-2222-3333-4444-555555555555";
        var result = await RankAsync(0, 1, ["[gpu 2]", $"uuid = {uuid}"], "--gpu", uuid, "--bytes", "8");
        Assert.True(result.Code == 0, result.Output + result.Errors);
        Assert.EndsWith("52:00.0", result.Text("pciBusId"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--bytes", "7", "'7' is not")]
    [InlineData("--bytes", "1M,", "'' is not")]
    [InlineData("--bytes", "1X", "'1X' is not")]
    [InlineData("--rank", "2", "--rank must be from 0 to 0, is 2")]
    [InlineData("--rendezvous", "somewhere", "must be file:/PATH or tcp://HOST:PORT, is 'somewhere'")]
    [InlineData("--product", "h1000", "--product 'h1000' is not in products.json")]
    [InlineData("--iterations", "0", "--iterations must be from 1")]
    public async Task Wrong_option_ends_with_2_and_says_what_would_be_right(string option, string value, string error)
    {
        var result = await RankAsync(0, 1, [], option, value);
        Assert.Equal(2, result.Code);
        Assert.Contains(error, result.Errors, StringComparison.Ordinal);
    }

    private static List<JsonElement> Sizes(BridgeResult result) =>
        [.. result.Report.GetProperty("sizes").EnumerateArray()];

    private static double Bandwidth(JsonElement size, string kind) =>
        size.GetProperty(kind + "BytesPerSecond").GetDouble();

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }

    private Task<BridgeResult[]> RunAsync(int size, string[] table, params string[] more)
    {
        var run = Prepare(table);
        return Task.WhenAll(Enumerable.Range(0, size).Select(rank => StartAsync(run, rank, size, more)));
    }

    /// <summary>One rank alone.</summary>
    private Task<BridgeResult> RankAsync(int rank, int size, string[] table, params string[] more) =>
        StartAsync(Prepare(table), rank, size, more);

    /// <summary>
    /// Writes both files anew, whichever rank comes: a test must not see what another one left. Lines under [gpu …]
    /// go into the machine's state, the others into NCCL's fault table. The number is the run's own rendezvous.
    /// </summary>
    private int Prepare(string[] table)
    {
        var ofGpus = table.Length > 0 && table[0].StartsWith("[gpu", StringComparison.Ordinal);
        fake.Write(["include h100x8.gpu", .. ofGpus ? table : []]);
        System.IO.File.WriteAllLines(fake.File("nccl"), ofGpus ? [] : table);
        return Interlocked.Increment(ref Runs);
    }

    private Task<BridgeResult> StartAsync(int run, int rank, int size, string[] more)
    {
        var variables = new Dictionary<string, string>
        {
            ["BRIDGE_FAKE_GPU"] = fake.StateFile,
            ["BRIDGE_FAKE_NCCL"] = fake.File("nccl"),
            ["BRIDGE_FAKE_NODE"] = $"n{rank}",
        };
        List<string> arguments = ["probe", "nccl"];
        Dictionary<string, string> options = new()
        {
            ["--rank"] = $"{rank}",
            ["--size"] = $"{size}",
            ["--rendezvous"] = $"file:{fake.File($"meet-{run}")}",
            ["--bytes"] = "8",
            ["--timeout"] = "40",
        };
        for (var i = 0; i < more.Length; i += 2) options[more[i]] = more[i + 1];
        foreach (var (name, value) in options) arguments.AddRange([name, value]);
        return BridgeProcess.RunAsync(variables, [.. arguments]);
    }
}
