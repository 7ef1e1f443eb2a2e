using System.Text.Json;
using Bridge.Node.Processes;

namespace Bridge.Adapter.Tests.Gpu;

[Collection("gpu")]
public sealed class NvmlProbeTests(FakeGpus fake)
{
    private string Library { get; } = FakeGpus.Nvml(580);

    [Fact]
    public async Task Healthy_machine_ends_with_0_and_one_line_of_json()
    {
        fake.Write("include h100x8.gpu");
        var result = await ProbeAsync("--expect-gpus", "8");
        Assert.True(result.Code == 0, result.Output + result.Errors);
        Assert.Equal(1, result.Report.GetProperty("version").GetInt32());
        Assert.Equal("healthy", result.Text("outcome"));
        Assert.Equal(8, result.Report.GetProperty("sweep").GetProperty("gpus").GetArrayLength());
        Assert.Equal(Library, result.Text("library"));
        Assert.Single(result.Output.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Library_that_the_loader_found_is_told_by_its_real_file_as_drivers_install_it()
    {
        fake.Write("include h100x8.gpu");
        var folder = Directory.CreateDirectory(fake.File("driver")).FullName;
        var real = Path.Combine(folder, "libnvidia-ml.so.580.65.06");
        System.IO.File.Copy(Library, real);
        System.IO.File.CreateSymbolicLink(Path.Combine(folder, "libnvidia-ml.so.1"), Path.GetFileName(real));
        var variables = Variables();
        variables["LD_LIBRARY_PATH"] = folder;
        variables["BRIDGE_FAKE_PRESETS"] = Path.Combine(FakeGpus.Folder, "presets");
        var result = await BridgeProcess.RunAsync(variables, "probe", "nvml");
        Assert.True(result.Code == 0, result.Output + result.Errors);
        Assert.Equal(real, result.Text("library"));
    }

    [Theory]
    [InlineData(1, "gpu-lost", "include h100x8.gpu", "[gpu 3]", "lost = 1")]
    [InlineData(1, "gpu-count-low", "include h100x8.gpu", "[gpu 3]", "absent = 1")]
    [InlineData(0, "gpu-count-high", "include h100x8.gpu", "count = 9")]
    [InlineData(1, "driver-mismatch", "include h100x8.gpu", "return.nvmlInit_v2 = 18")]
    public async Task Sick_machine_ends_with_1_and_names_the_check(int code, string check, params string[] state)
    {
        fake.Write(state);
        var result = await ProbeAsync("--expect-gpus", "8");
        Assert.True(result.Code == code, result.Output + result.Errors);
        var verdicts = result.Report.GetProperty("verdicts").EnumerateArray();
        Assert.Contains(verdicts, v => v.GetProperty("check").GetString() == check
            && v.GetProperty("outcome").GetString() == "fail");
    }

    [Theory]
    [InlineData("libraryMissing", "/nowhere/libnvidia-ml.so.1", "include h100x8.gpu")]
    [InlineData("driverNotLoaded", null, "driver = none")]
    [InlineData("ready", null, "count = 0")]
    public async Task Nothing_to_probe_ends_with_4_and_advice(string state, string? library, string line)
    {
        fake.Write(line);
        var result = await BridgeProcess.RunAsync(
            Variables(), "probe", "nvml", "--library", library ?? Library);
        Assert.True(result.Code == 4, result.Output + result.Errors);
        Assert.Equal(("unavailable", state), (result.Text("outcome"), result.Text("state")));
        Assert.NotEmpty(result.Text("advice"));
    }

    [Fact]
    public async Task Fault_file_with_a_typo_ends_with_3_and_never_healthy()
    {
        fake.Write("include h100x8.gpu", "[gpu 1]", "tepm.gpu = 93");
        var result = await ProbeAsync();
        Assert.Equal((3, "broken"), (result.Code, result.Text("outcome")));
    }

    [Theory]
    [InlineData("gpu-count", "return.nvmlDeviceGetCount_v2 = 999")]
    [InlineData("gpu-count", "return.nvmlDeviceGetCount_v2 = 3")]
    [InlineData("product", "return.nvmlDeviceGetName = 999", "[gpu]", "nvlink.*.active = no")]
    public async Task Count_or_product_that_cannot_be_read_ends_with_3_and_never_healthy(
        string check, params string[] state)
    {
        fake.Write(["include h100x8.gpu", .. state]);
        var result = await ProbeAsync();
        Assert.True(result.Code == 3, result.Output + result.Errors);
        var verdicts = result.Report.GetProperty("verdicts").EnumerateArray();
        Assert.Contains(verdicts, v => Of(v, "check") == check && Of(v, "outcome") == "unknown");
    }

    [Fact]
    public async Task Watch_that_cannot_count_its_gpus_ends_with_3_and_never_begins()
    {
        fake.Write("include h100x8.gpu", "return.nvmlDeviceGetCount_v2 = 999");
        var result = await ProbeAsync("--watch");
        Assert.True(result.Code == 3, result.Output + result.Errors);
        Assert.Contains("nvmlDeviceGetCount_v2 returned 999", result.Text("why"), StringComparison.Ordinal);
        Assert.DoesNotContain("started", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_that_never_returns_ends_with_3_at_the_deadline_and_is_named()
    {
        fake.Write("include h100x8.gpu", "hang.nvmlDeviceGetTemperatureV = forever");
        var result = await ProbeAsync("--timeout", "8");
        Assert.True(result.Code == 3, result.Output + result.Errors);
        Assert.Equal("nvmlDeviceGetTemperatureV", result.Text("lastCall"));
        const string why = "hung in nvmlDeviceGetTemperatureV for more than 8 s";
        Assert.Contains(why, result.Text("why"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Probe_that_is_killed_half_way_ends_with_3_and_says_where()
    {
        fake.Write("include h100x8.gpu", "hang.nvmlDeviceGetPowerUsage = forever");
        using var bridge = new BridgeProcess(Variables(), "probe", "nvml", "--library", Library);
        var child = await ChildIn(bridge.Id, "nvmlDeviceGetPowerUsage");
        ProcessGroup.Kill(child);
        var result = await bridge.EndAsync();
        Assert.True(result.Code == 3, result.Output + result.Errors);
        Assert.Contains("ended with 137 in nvmlDeviceGetPowerUsage", result.Text("why"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Child_does_not_outlive_a_killed_parent()
    {
        fake.Write("include h100x8.gpu", "hang.nvmlDeviceGetPowerUsage = forever");
        var bridge = new BridgeProcess(Variables(), "probe", "nvml", "--library", Library);
        var child = await ChildIn(bridge.Id, "nvmlDeviceGetPowerUsage");
        ProcessGroup.Kill(bridge.Id);
        await Eventually.BeTrue(() => !Directory.Exists($"/proc/{child}"), "the child ended with its parent");
        bridge.Dispose();
    }

    [Fact]
    public async Task Wrong_rules_end_with_2_and_every_error()
    {
        var folder = Directory.CreateDirectory(fake.File("rules")).FullName;
        System.IO.File.WriteAllText(Path.Combine(folder, "products.json"), "{}");
        System.IO.File.WriteAllText(Path.Combine(folder, "bandwidth.json"), "[]");
        var result = await ProbeAsync("--rules", folder);
        Assert.Equal(2, result.Code);
        Assert.Contains("products.json: version: is missing", result.Errors, StringComparison.Ordinal);
        Assert.Contains("bandwidth.json: must hold one JSON object", result.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--timeout", "-1")]
    [InlineData("--timeout", "soon")]
    [InlineData("--expect-gpus", "-8")]
    [InlineData("--expect-gpu", "8")]
    public async Task Wrong_option_ends_with_2(string option, string value)
    {
        var result = await ProbeAsync(option, value);
        Assert.Equal(2, result.Code);
        Assert.Contains(option.TrimEnd('s'), result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watch_prints_an_event_with_its_class_and_ends_with_0_on_term()
    {
        fake.Write("include h100x8.gpu");
        using var bridge = new BridgeProcess(Variables(), "probe", "nvml", "--watch", "--library", Library);
        var started = JsonElement.Parse(await LineOf(bridge));
        Assert.Equal("started", started.GetProperty("watch").GetString());
        Assert.Equal(8, started.GetProperty("gpus").GetArrayLength());
        fake.Write("include h100x8.gpu", "event = 1 3 xid 79", "event = 2 4 xid 31");
        var (first, second) = (JsonElement.Parse(await LineOf(bridge)), JsonElement.Parse(await LineOf(bridge)));
        Assert.Equal(("xid-79", "reboot"), (Of(first, "name"), Of(first, "class")));
        Assert.Equal(("xid-31", "observe"), (Of(second, "name"), Of(second, "consequence")));
        ProcessGroup.Terminate(bridge.Id);
        Assert.Equal(0, (await bridge.EndAsync()).Code);
    }

    [Fact]
    public async Task Watch_whose_driver_wedges_ends_with_3()
    {
        fake.Write("include h100x8.gpu");
        using var bridge = new BridgeProcess(
            Variables(), "probe", "nvml", "--watch", "--timeout", "8", "--library", Library);
        await LineOf(bridge);
        fake.Write("include h100x8.gpu", "hang.nvmlEventSetWait_v2 = forever");
        var result = await bridge.EndAsync();
        Assert.Equal((3, "nvmlEventSetWait_v2"), (result.Code, result.Text("lastCall")));
    }

    private static string Of(JsonElement line, string key) => line.GetProperty(key).GetString() ?? "";

    private static async Task<string> LineOf(BridgeProcess bridge)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        return await bridge.Output.ReadLineAsync(limit.Token) ?? throw new InvalidOperationException("no line came");
    }

    /// <summary>Waits until the child of a bridge hangs in the fake, and gives its pid.</summary>
    private static async Task<int> ChildIn(int parent, string function)
    {
        var child = 0;
        bool Hangs() => (child = BridgeProcess.Children(parent).FirstOrDefault()) != 0 && IsPausing(child);
        await Eventually.BeTrue(Hangs, $"the child is in {function}");
        return child;
    }

    /// <summary>The fake hangs in pause(2): system call 34 on x86-64; where there is none, ppoll is 73.</summary>
    private static bool IsPausing(int child)
    {
        var call = System.IO.File.ReadAllText($"/proc/{child}/task/{child}/syscall");
        return call.StartsWith("34 ", StringComparison.Ordinal) || call.StartsWith("73 ", StringComparison.Ordinal);
    }

    private Dictionary<string, string> Variables() => new() { ["BRIDGE_FAKE_GPU"] = fake.StateFile };

    private Task<BridgeResult> ProbeAsync(params string[] more) =>
        BridgeProcess.RunAsync(Variables(), ["probe", "nvml", "--library", Library, .. more]);
}
