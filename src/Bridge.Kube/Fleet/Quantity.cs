using System.Globalization;

namespace Bridge.Kube.Fleet;

/// <summary>Kubernetes quantities such as 63500m, 1031Gi, 2e3 (k8s.io/apimachinery resource.Quantity).</summary>
public static class Quantity
{
    private static readonly (string Suffix, decimal Factor)[] Suffixes =
    [
        ("Ki", 1024m), ("Mi", 1048576m), ("Gi", 1073741824m), ("Ti", 1099511627776m), ("Pi", 1125899906842624m),
        ("Ei", 1152921504606846976m),
        ("n", 1e-9m), ("u", 1e-6m), ("m", 1e-3m), ("k", 1e3m), ("M", 1e6m), ("G", 1e9m), ("T", 1e12m), ("P", 1e15m),
        ("E", 1e18m),
    ];

    /// <summary>
    /// The value, rounded down, as Slurm must never be promised more than there is; null for what is no quantity.
    /// </summary>
    public static long? Value(string text) => Scaled(text, 1);

    /// <summary>The value in thousandths, rounded down; null for what is no quantity.</summary>
    public static long? Milli(string text) => Scaled(text, 1000);

    private static long? Scaled(string text, decimal scale)
    {
        var (digits, factor) = (text, 1m);
        foreach (var (suffix, of) in Suffixes)
        {
            if (!text.EndsWith(suffix, StringComparison.Ordinal))
                continue;
            (digits, factor) = (text[..^suffix.Length], of);
            break;
        }
        if (!decimal.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            return null;
        try
        {
            return decimal.ToInt64(decimal.Floor(number * factor * scale));
        }
        catch (OverflowException)
        {
            return null;
        }
    }
}
