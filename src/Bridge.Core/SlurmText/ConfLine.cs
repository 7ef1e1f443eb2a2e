using System.Globalization;
using System.Text;

namespace Bridge.Core.SlurmText;

/// <summary>
/// The only writer of slurm.conf syntax (`Key=Value Key=Value`, slurm.conf(5)). Every key is on a list and every value
/// is checked, so
/// that no label or annotation of a Kubernetes object can smuggle in another parameter, a line or a shell word. An
/// empty value is never
/// written: slurmd would take the next token for it.
/// </summary>
public sealed class ConfLine
{
    private static readonly HashSet<string> Keys = ["CPUs", "RealMemory", "Gres", "Feature", "Weight"];

    private const string Punctuation = ".,:/_+-@()[]=";

    private readonly StringBuilder text = new();

    /// <exception cref="ArgumentException">An unknown key, or a value with a character that slurm.conf does not carry;
    /// names both.</exception>
    public ConfLine Add(string key, string value)
    {
        if (!Keys.Contains(key))
            throw new ArgumentException(
                $"'{key}' is not a node parameter that Bridge writes; known: {string.Join(", ", Keys)}", nameof(key));
        if (value.Length == 0)
            return this;
        if (!value.All(IsValueCharacter))
            throw new ArgumentException(
                $"{key}: '{Printable(value)}' holds '{Printable(value.First(c => !IsValueCharacter(c)).ToString())}'; "
                + $"allowed are letters, digits and {string.Join(' ', Punctuation.AsEnumerable())}",
                nameof(value));
        if (text.Length > 0)
            text.Append(' ');
        text.Append(key).Append('=').Append(value);
        return this;
    }

    public ConfLine Add(string key, long value) => Add(key, value.ToString(CultureInfo.InvariantCulture));

    public override string ToString() => text.ToString();

    /// <summary>
    /// Whether a text may stand as a value, or as one feature: no space, quote, '#', backslash or control character.
    /// </summary>
    public static bool IsValue(string value) => value.Length > 0 && value.All(IsValueCharacter);

    // '=' is legal inside a value (a feature of others such as zone=a): only the first one of a token separates.
    private static bool IsValueCharacter(char c) =>
        char.IsAsciiLetterOrDigit(c) || Punctuation.Contains(c, StringComparison.Ordinal);

    private static string Printable(string value) =>
        string.Concat(value.Select(c => char.IsControl(c) ? $"\\u{(int)c:x4}" : c.ToString()));
}
