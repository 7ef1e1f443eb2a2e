using Bridge.Core.Health;

namespace Bridge.Gpu.Rules;

/// <summary>Reads products.json.</summary>
internal static class ProductRows
{
    public static List<Product> Read(DataNode? root)
    {
        var products = new List<Product>();
        if (root is null) return products;
        foreach (var row in root.Objects("products"))
        {
            var product = new Product(
                row.Text("name"), row.Texts("match"), (int)row.Whole("gpusPerNode", 1, 1024),
                (int)row.Whole("nvLinks", 0, 1024), ProvenanceRows.Read(row));
            if (products.Any(p => p.Name == product.Name)) row.Error("name", $"'{product.Name}' is there twice");
            products.Add(product);
            row.Finish();
        }
        root.Finish();
        return products;
    }
}

/// <summary>Reads the sources of a row; a rule without a source is refused.</summary>
internal static class ProvenanceRows
{
    public static List<Provenance> Read(DataNode row) =>
        row.Objects("provenance").ConvertAll(p =>
        {
            var provenance = new Provenance(p.Text("source"), p.Text("link"));
            p.Finish();
            return provenance;
        });
}
