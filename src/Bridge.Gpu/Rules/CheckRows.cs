using Bridge.Core.Health;

namespace Bridge.Gpu.Rules;

/// <summary>Reads checks.json.</summary>
internal static class CheckRows
{
    public sealed record Table(List<HealthCheck> Checks, FlappingRule Flapping, double LoadPercent);

    public static Table Read(DataNode? root, IReadOnlySet<string> products)
    {
        if (root is null) return new Table([], new FlappingRule(2, 2), 0);
        var flapping = root.Object("flapping");
        var rule = new FlappingRule((int)flapping.Whole("changes", 2, 1000), (int)flapping.Whole("sweeps", 3, 1000));
        flapping.Finish();
        var load = root.Number("loadPercent", 1, 100);
        var checks = new List<HealthCheck>();
        foreach (var row in root.Objects("checks"))
        {
            var check = Row(row, products);
            if (checks.Any(c => c.Name == check.Name && c.Name.Length > 0))
                row.Error("name", $"'{check.Name}' is there twice");
            checks.Add(check);
        }
        root.Finish();
        return new Table(checks, rule, load);
    }

    private static HealthCheck Row(DataNode row, IReadOnlySet<string> products)
    {
        var measure = row.Choice<Measure>("measure", Measure.Value);
        var window = row.Whole("windowMinutes", 0, 60 * 24 * 366, 0);
        var check = new HealthCheck
        {
            Name = row.Text("name"),
            Signal = row.Text("signal"),
            Products = row.Texts("products"),
            Fails = row.Choice<Comparison>("fails"),
            Threshold = row.Number("threshold", 0, measure == Measure.Share ? 1 : double.MaxValue),
            Measure = measure,
            Window = window == 0 ? null : TimeSpan.FromMinutes(window),
            When = row.Choice<CheckCondition>("when", CheckCondition.Always),
            Sweeps = (int)row.Whole("sweeps", 1, 1000, 1),
            Severity = row.Choice<Severity>("severity"),
            Consequence = row.Choice<Consequence>("consequence"),
            Text = row.Text("text"),
            Provenance = ProvenanceRows.Read(row),
        };
        Relate(row, check, products);
        row.Finish();
        return check;
    }

    /// <summary>What no key can say alone.</summary>
    private static void Relate(DataNode row, HealthCheck check, IReadOnlySet<string> products)
    {
        var known = SignalCatalog.All.TryGetValue(check.Signal, out var signal);
        if (!known && check.Signal.Length > 0)
            row.Error("signal", $"'{check.Signal}' is not a signal{Nearest(check.Signal, SignalCatalog.All.Keys)}");
        for (var i = 0; i < check.Products.Count; i++)
        {
            var name = check.Products[i];
            if (name != "*" && !products.Contains(name))
                row.Error($"products[{i}]", $"'{name}' is not in products.json{Nearest(name, products)}");
        }
        if (check.Measure == Measure.Increase && signal?.Kind == SignalKind.Gauge)
            row.Error("measure", $"'{check.Signal}' is a gauge; only a counter has an increase");
        if (check.Measure != Measure.Value && check.Window is null)
            row.Error("windowMinutes", "is missing: an increase or a share needs to know how far back to look");
        if (check.Measure == Measure.Value && check.Window is not null)
            row.Error("windowMinutes", "goes with the measures 'increase' and 'share' only");
        if (check.Measure != Measure.Value && check.Sweeps > 1)
            row.Error("sweeps", "goes with the measure 'value' only: an increase or a share already looks back");
        if (check.Severity == Severity.Info && check.Consequence >= Consequence.Drain)
            row.Error("consequence", "an 'info' check may not drain; make it 'warning' or 'critical'");
    }

    private static string Nearest(string wrong, IEnumerable<string> names)
    {
        var best = names.MinBy(n => Distance(wrong, n));
        var near = best is not null && Distance(wrong, best) <= Math.Max(2, wrong.Length / 4);
        return near ? $"; did you mean '{best}'?" : "";
    }

    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                (diagonal, row[j]) = (row[j], cost);
            }
        }
        return row[^1];
    }
}
