using System.Text;
using System.Text.RegularExpressions;
using Bridge.Core.Model;

namespace Bridge.Core.Gpus;

/// <summary>
/// Slurm GRES types of GPU products. A type is a token of the product's name, lower case, so that gres.conf(5)'s
/// substring rule holds:
/// "NVIDIA H100 80GB HBM3" and "NVIDIA-H100-80GB-HBM3" are both h100.
/// </summary>
public static partial class GpuModels
{
    public const int MaxTypeLength = 32;

    /// <summary>
    /// Products whose model token the rule below would miss: part of the name (lower case, words joined by '-') and the
    /// type.
    /// </summary>
    private static readonly (string Product, string Type)[] Exceptions =
    [
        ("rtx-pro-6000-blackwell", "rtxpro6000"),
        ("rtx-6000-ada", "rtx6000ada"),
        ("titan-v", "titanv"),
    ];

    /// <summary>
    /// The GRES type of a product; of an unknown one a slug of its name; "gpu" when there is no name at all.
    /// </summary>
    public static string TypeOf(string product)
    {
        var words = Words(product);
        var joined = string.Join('-', words);
        foreach (var (part, type) in Exceptions)
            if (joined.Contains(part, StringComparison.Ordinal))
                return type;
        var model = words.FirstOrDefault(w => ModelToken().IsMatch(w));
        if (model is not null)
            return model;
        var slug = string.Join('_', words.Where(w => w != "nvidia"));
        return slug.Length == 0 ? "gpu" : slug[..Math.Min(slug.Length, MaxTypeLength)].TrimEnd('_');
    }

    /// <summary>The GRES type of a device: the model, and for a MIG device its profile as well: h100_1g.10gb.</summary>
    public static string TypeOf(GpuDevice device) =>
        device.MigProfile.Length == 0 ? TypeOf(device.Product) : $"{TypeOf(device.Product)}_{Slug(device.MigProfile)}";

    private static string Slug(string text) =>
        new([.. text.ToLowerInvariant().Where(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_')]);

    private static List<string> Words(string product)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        foreach (var c in product.ToLowerInvariant().Append(' '))
        {
            if (char.IsAsciiLetterOrDigit(c))
                word.Append(c);
            else if (word.Length > 0)
            {
                words.Add(word.ToString());
                word.Clear();
            }
        }
        return words;
    }

    // Data-centre names: H100, GB200, A100, L40S, V100, T4, GH200, MI300X.
    [GeneratedRegex(@"^(gb|gh|mi|a|b|h|l|p|r|t|v)[0-9]{1,4}[a-z]?\z")]
    private static partial Regex ModelToken();
}
