using Bridge.Core.Health;
using Bridge.Gpu.Rules;

namespace Bridge.Adapter.Tests.Gpu;

public sealed class HealthRulesTests : IDisposable
{
    private const string Good = """
        {"name": "x", "signal": "remap.failed", "products": ["*"], "fails": "is", "threshold": 1,
         "severity": "critical", "consequence": "drain", "text": "bad", "provenance": [{"source": "s", "link": "l"}]}
        """;

    private readonly string folder = Directory.CreateTempSubdirectory("bridge-rules-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Embedded_rules_load_without_an_error()
    {
        var loading = HealthRulesLoader.Load();
        Assert.Empty(loading.Errors);
        var rules = loading.Rules!;
        Assert.All(rules.Checks, c => Assert.NotEmpty(c.Provenance));
        Assert.Equal("reboot", rules.Xids[79].Class);
        Assert.Equal("application", rules.Xids[31].Class);
        Assert.Equal("reset", rules.Xids[119].Class);
        Assert.Equal("hardware", rules.Xids[54].Class);
        Assert.Equal("reboot", rules.SXids[12020].Class);
        Assert.Equal(172, rules.Xids.Count);
    }

    /// <summary>A repository alone is no source: who looks a line up must not have to search for it.</summary>
    [Fact]
    public void Every_source_on_github_names_a_file_or_folder()
    {
        var rules = HealthRulesLoader.Load().Rules!;
        var links = rules.Checks.SelectMany(c => c.Provenance)
            .Concat(rules.BusBandwidth.SelectMany(l => l.Provenance)).Concat(rules.Relative.Provenance)
            .Where(p => p.Link.StartsWith("https://github.com/", StringComparison.Ordinal));
        var vague = links.Where(p => new Uri(p.Link).Segments.Length < 6).Select(p => p.Source);
        Assert.Equal(["NVCRE, intra-node"], vague);
    }

    [Fact]
    public void Every_class_that_a_xid_has_drains_or_does_not_as_the_table_says()
    {
        var rules = HealthRulesLoader.Load().Rules!;
        var drains = rules.Xids.Values.Where(x => rules.Classes[x.Class].Consequence >= Consequence.Drain);
        long[] expected = [46, 48, 54, 62, 64, 74, 79, 95, 109, 110, 119, 120, 136, 140, 143, 151, 155, 156, 158];
        Assert.Equal(expected, drains.Select(x => x.Code).Order());
    }

    [Theory]
    [InlineData("NVIDIA H100 80GB HBM3", "h100")]
    [InlineData("NVIDIA H100 PCIe", "h100-pcie")]
    [InlineData("NVIDIA H200", "h200")]
    [InlineData("NVIDIA GB200", "gb200")]
    [InlineData("NVIDIA B200", "b200")]
    [InlineData("NVIDIA A100-SXM4-80GB", "a100")]
    [InlineData("NVIDIA A100-PCIE-40GB", "a100-pcie")]
    [InlineData("NVIDIA A800-SXM4-80GB", "a800")]
    [InlineData("NVIDIA A800 80GB PCIe", "a800-pcie")]
    [InlineData("NVIDIA A800 40GB Active", "a800-pcie")]
    [InlineData("NVIDIA H800", "h800")]
    [InlineData("NVIDIA H800 PCIe", "h800-pcie")]
    [InlineData("Quadro 6000", null)]
    public void Product_is_recognised_by_its_name(string nvmlName, string? product) =>
        Assert.Equal(product, HealthRulesLoader.Load().Rules!.ProductOf(nvmlName)?.Name);

    [Fact]
    public void Strictest_line_of_product_nodes_and_size_is_used()
    {
        var rules = HealthRulesLoader.Load().Rules!;
        Assert.Equal(420e9, BusBandwidth.LineFor(rules, "h100", 1, 512L << 20)?.BytesPerSecond);
        Assert.Equal(460e9, BusBandwidth.LineFor(rules, "h100", 1, 16L << 30)?.BytesPerSecond);
        Assert.Null(BusBandwidth.LineFor(rules, "h100", 1, 8));
        Assert.Null(BusBandwidth.LineFor(rules, "t4", 1, 16L << 30));
    }

    [Fact]
    public void Site_replaces_one_file_and_keeps_the_others()
    {
        Write("checks.json", Checks(Good));
        var rules = HealthRulesLoader.Load(folder).Rules!;
        Assert.Equal("x", Assert.Single(rules.Checks).Name);
        Assert.Equal(172, rules.Xids.Count);
    }

    [Theory]
    [InlineData("\"threshold\": 1", "\"threshold\": -1", "threshold: must be 0 or more, is -1")]
    [InlineData("\"*\"", "\"h1000\"", "products[0]: 'h1000' is not in products.json; did you mean 'h100'?")]
    [InlineData("remap.failed", "remap.faild", "signal: 'remap.faild' is not a signal; did you mean 'remap.failed'?")]
    [InlineData("\"is\"", "\"=\"", "fails: must be one of above, atLeast, below, atMost, is, isNot, is \"=\"")]
    [InlineData(
        "\"drain\"", "\"drian\"",
        "consequence: must be one of observe, comment, drain, reset, reboot, inspect, is \"drian\"")]
    [InlineData("\"text\": \"bad\", ", "", "text: is missing")]
    [InlineData("\"text\"", "\"txet\"", "text: is missing")]
    [InlineData(
        "\"critical\"", "\"info\"",
        "consequence: an 'info' check may not drain; make it 'warning' or 'critical'")]
    [InlineData(
        "\"threshold\": 1", "\"threshold\": 1, \"measure\": \"increase\", \"windowMinutes\": 5",
        "measure: 'remap.failed' is a gauge; only a counter has an increase")]
    [InlineData(
        "\"threshold\": 1", "\"threshold\": 1, \"measure\": \"share\"",
        "windowMinutes: is missing: an increase or a share needs to know how far back to look")]
    [InlineData(
        "\"threshold\": 1", "\"threshold\": 1, \"windowMinutes\": 5",
        "windowMinutes: goes with the measures 'increase' and 'share' only")]
    [InlineData(
        "\"threshold\": 1", "\"threshold\": 2, \"measure\": \"share\", \"windowMinutes\": 5",
        "threshold: must be between 0 and 1, is 2")]
    [InlineData("\"threshold\": 1", "\"threshold\": \"1\"", "threshold: must be a number, is \"1\"")]
    public void Mistake_is_named_with_its_key_path(string good, string bad, string error)
    {
        Write("checks.json", Checks(Good.Replace(good, bad, StringComparison.Ordinal)));
        var loading = HealthRulesLoader.Load(folder);
        Assert.Null(loading.Rules);
        Assert.Contains("checks.json: checks[0]." + error, loading.Errors);
    }

    [Fact]
    public void All_mistakes_of_all_files_are_named_at_once()
    {
        Write("checks.json", Checks(Good, Good.Replace("1,", "-1,", StringComparison.Ordinal)));
        Write("bandwidth.json", """
            {"version": 1, "lines": [{"product": "z9", "minNodes": 2, "maxNodes": 1, "minBytes": 0,
             "gigabytesPerSecond": 0, "provenance": [{"source": "s", "link": "l"}]}]}
            """);
        Write("xids.json", "{ not json");
        var errors = HealthRulesLoader.Load(folder).Errors;
        Assert.Contains("checks.json: checks[1].name: 'x' is there twice", errors);
        Assert.Contains("checks.json: checks[1].threshold: must be 0 or more, is -1", errors);
        Assert.Contains("bandwidth.json: lines[0].product: 'z9' is not in products.json", errors);
        Assert.Contains("bandwidth.json: lines[0].maxNodes: is below minNodes (2)", errors);
        Assert.Contains(errors, e => Begins(e, "bandwidth.json: lines[0].gigabytesPerSecond: "));
        Assert.Contains(errors, e => Begins(e, "xids.json: is not JSON: "));
    }

    [Fact]
    public void Folder_that_is_not_there_is_named()
    {
        Assert.Equal(["/nowhere: there is no such folder"], HealthRulesLoader.Load("/nowhere").Errors);
    }

    private static bool Begins(string error, string start) => error.StartsWith(start, StringComparison.Ordinal);

    private static string Checks(params string[] rows) => $$"""
        {"version": 1, "flapping": {"changes": 3, "sweeps": 10}, "loadPercent": 20,
         "checks": [{{string.Join(",\n", rows)}}]}
        """;

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(folder, name), text);
}
