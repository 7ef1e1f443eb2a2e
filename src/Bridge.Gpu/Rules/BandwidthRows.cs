using Bridge.Core.Health;

namespace Bridge.Gpu.Rules;

/// <summary>Reads bandwidth.json.</summary>
internal static class BandwidthRows
{
    private const double Giga = 1e9;

    public sealed record Table(List<BusBandwidthLine> Lines, RelativeLine Relative);

    public static Table Read(DataNode? root, IReadOnlySet<string> products)
    {
        var lines = new List<BusBandwidthLine>();
        if (root is null) return new Table(lines, new RelativeLine(1, 3, 0, []));
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
        var relative = Relative(root.Object("relative"));
        root.Finish();
        return new Table(lines, relative);
    }

    private static RelativeLine Relative(DataNode node)
    {
        var line = new RelativeLine(
            node.Number("share", 0.01, 1), (int)node.Whole("minTests", 3, 1_000_000),
            node.Whole("minBytes", 0, 1L << 50), ProvenanceRows.Read(node));
        node.Finish();
        return line;
    }
}
