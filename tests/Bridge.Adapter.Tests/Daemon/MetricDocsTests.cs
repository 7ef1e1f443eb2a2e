using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using Bridge.Daemon.Metrics;
using Bridge.Daemon.Run;
using Bridge.Daemon.Settings;
using Bridge.Kube.Client;

namespace Bridge.Adapter.Tests.Daemon;

/// <summary>docs/metrics.md, the catalog and the code say the same.</summary>
public sealed partial class MetricDocsTests
{
    [Fact]
    public void Every_metric_of_the_catalog_is_documented_with_unit_and_labels_and_no_other_is()
    {
        var documented = Row().Matches(File.ReadAllText(Path.Combine(Repository(), "docs/metrics.md")))
            .Select(m => $"{m.Groups["name"]}|{m.Groups["unit"]}|{m.Groups["labels"].Value.Replace("`", "")}");
        var known = MetricCatalog.All.Select(m => $"{m.Name}|{m.Unit}|{string.Join(", ", m.Labels)}");
        Assert.Equal(known.Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_instrument_of_the_code_is_in_the_catalog_and_no_other_is()
    {
        var created = Directory.GetFiles(Path.Combine(Repository(), "src"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(f => Created().Matches(File.ReadAllText(f)).Select(m => m.Groups["name"].Value));
        Assert.Equal(MetricCatalog.All.Select(m => m.Name).Order(StringComparer.Ordinal),
            created.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_metric_has_a_bound_of_its_series_and_histograms_have_buckets()
    {
        Assert.All(MetricCatalog.All, m =>
        {
            Assert.InRange(m.Series, 1, 500);
            Assert.True(m.Labels.Length > 0 || m.Series == 1, m.Name);
            Assert.Equal(m.Buckets.Order(), m.Buckets);
        });
    }

    /// <summary>A label that the catalog does not name, and values beyond the bound, do not get out.</summary>
    [Fact]
    public async Task Labels_and_series_beyond_the_catalog_are_not_exported()
    {
        await using var app = BridgeHost.Build(
            new RunOptions { Namespace = "slurm", Identity = "test", MetricsListen = new(0x0100007f, 0) },
            new KubeEndpoint { Server = new Uri("https://127.0.0.1:9") }, TimeProvider.System, _ => { });
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var meter = new Meter(BridgeMetrics.MeterName, "test");
        var hooks = meter.CreateCounter<long>("bridge_hooks_total");
        for (var i = 0; i < 1_000; i++)
            hooks.Add(1, new("result", $"r{i}"), new("user", $"u{i}"));
        var address = app.Urls.First();
        using var client = new HttpClient();
        var text = await client.GetStringAsync($"{address}/metrics", TestContext.Current.CancellationToken);
        var series = text.Split('\n').Where(l => l.StartsWith("bridge_hooks_total{", StringComparison.Ordinal)
            && l.Contains("otel_scope_version=\"test\"", StringComparison.Ordinal)).ToList();
        Assert.InRange(series.Count, 1, MetricCatalog.All.First(m => m.Name == "bridge_hooks_total").Series + 2);
        Assert.DoesNotContain(series, s => s.Contains("user=", StringComparison.Ordinal));
        await app.StopAsync(TestContext.Current.CancellationToken);
    }

    private static string Repository()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(at.FullName, "Bridge.sln")))
            at = at.Parent!;
        return at.FullName;
    }

    [GeneratedRegex(@"^\| `(?<name>bridge_\w+)` \| (?<unit>\w*) ?\| (?<labels>[\w`, ]*?) ?\|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"Create(?:Observable)?(?:Counter|Gauge|Histogram|UpDownCounter)(?:<\w+>)?"
        + @"\(\s*""(?<name>[^""]+)""")]
    private static partial Regex Created();
}
