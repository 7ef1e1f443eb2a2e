using Bridge.Core.Health;

namespace Bridge.Gpu.Rules;

/// <summary>
/// The rules, or every error that keeps them from being used. Rules are null exactly when there is an error.
/// </summary>
public sealed record RulesLoading(HealthRules? Rules, IReadOnlyList<string> Errors);

/// <summary>
/// Loads checks.json, products.json, bandwidth.json and xids.json. A site's folder may hold any of them; the embedded
/// one is used for the others. A file is taken as a whole, never merged, so that what is read is what is in force.
/// </summary>
public static class HealthRulesLoader
{
    /// <summary>Loads and validates all four; every error names file and key path.</summary>
    /// <param name="folder">The site's folder; null for the embedded files alone.</param>
    public static RulesLoading Load(string? folder = null)
    {
        var errors = new List<string>();
        if (folder is not null && !Directory.Exists(folder)) errors.Add($"{folder}: there is no such folder");
        var products = ProductRows.Read(RulesFile.Open("products.json", folder, errors));
        var names = products.Select(p => p.Name).ToHashSet(StringComparer.Ordinal);
        var checks = CheckRows.Read(RulesFile.Open("checks.json", folder, errors), names);
        var lines = BandwidthRows.Read(RulesFile.Open("bandwidth.json", folder, errors), names);
        var xids = XidRows.Read(RulesFile.Open("xids.json", folder, errors));
        return errors.Count > 0
            ? new RulesLoading(null, errors)
            : new RulesLoading(
                new HealthRules
                {
                    Checks = checks.Checks,
                    Flapping = checks.Flapping,
                    LoadPercent = checks.LoadPercent,
                    Products = products,
                    BusBandwidth = lines.Lines,
                    Relative = lines.Relative,
                    Xids = xids.Xids,
                    SXids = xids.SXids,
                    Events = xids.Events,
                    Classes = xids.Classes,
                    Repeat = xids.Repeat,
                },
                []);
    }
}
