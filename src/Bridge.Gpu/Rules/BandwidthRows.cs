using Bridge.Core.Health;

namespace Bridge.Gpu.Rules;

/// <summary>Reads bandwidth.json.</summary>
internal static class BandwidthRows
{
    private const double Giga = 1e9;

    public static List<BusBandwidthLine> Read(DataNode? root, IReadOnlySet<string> products)
    {
        var lines = new List<BusBandwidthLine>();
        if (root is null) return lines;
        foreach (var row in root.Objects("lines"))
        {
            var line = new BusBandwidthLine(
                row.Text("product"), (int)row.Whole("minNodes", 1, 1_000_000), (int)row.Whole("maxNodes", 1, 1_000_000),
                row.Whole("minBytes", 0, 1L << 50), row.Number("gigabytesPerSecond", 0.001, 1_000_000) * Giga,
                ProvenanceRows.Read(row));
            if (!products.Contains(line.Product)) row.Error("product", $"'{line.Product}' is not in products.json");
            if (line.MaxNodes < line.MinNodes) row.Error("maxNodes", $"is below minNodes ({line.MinNodes})");
            lines.Add(line);
            row.Finish();
        }
        root.Finish();
        return lines;
    }
}
