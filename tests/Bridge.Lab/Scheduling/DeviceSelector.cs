using System.Collections.Immutable;
using System.Text.RegularExpressions;
using k8s.Models;

namespace Bridge.Lab.Scheduling;

/// <summary>
/// The CEL that the lab's scheduler understands: comparisons of device.driver, device.attributes['DOMAIN'].NAME or
/// device.attributes['DOMAIN'].?NAME.orValue('OTHERWISE') with ==, != or in [...] against quoted text, joined by
/// &amp;&amp;. It is what Bridge and the GPU driver's classes write; anything else is refused by name rather than
/// guessed at.
/// </summary>
public sealed partial class DeviceSelector
{
    private readonly ImmutableArray<Term> terms;

    private DeviceSelector(ImmutableArray<Term> terms) => this.terms = terms;

    /// <summary>Null when the expression is beyond what the lab understands.</summary>
    public static DeviceSelector? Parse(string expression)
    {
        var terms = ImmutableArray.CreateBuilder<Term>();
        var at = 0;
        while (TermPattern().Match(expression, at) is { Success: true } match)
        {
            terms.Add(ToTerm(match));
            at = match.Index + match.Length;
            if (at == expression.Length)
                return new DeviceSelector(terms.ToImmutable());
            if (AndPattern().Match(expression, at) is not { Success: true } and)
                return null;
            at = and.Index + and.Length;
        }
        return null;
    }

    /// <summary>
    /// Whether the device is selected; an error when an attribute is absent, which aborts the allocation as CEL's
    /// would.
    /// </summary>
    public (bool Selected, string Error) Matches(string driver, V1Device device)
    {
        foreach (var term in terms)
        {
            var actual = term.Attribute.Length == 0 ? driver : Attribute(driver, device, term.Domain, term.Attribute)
                ?? term.Otherwise;
            if (actual is null)
                return (false, $"no such key: {term.Attribute}");
            if (term.Values.Contains(actual) == term.Negated)
                return (false, "");
        }
        return (true, "");
    }

    /// <summary>A name without a domain has the driver's: "uuid" and "gpu.nvidia.com/uuid" are one attribute.</summary>
    private static string? Attribute(string driver, V1Device device, string domain, string name)
    {
        if (device.Attributes is not { } attributes)
            return null;
        if (attributes.TryGetValue($"{domain}/{name}", out var value)
            || (domain == driver && attributes.TryGetValue(name, out value)))
            return value.StringValue ?? value.Version;
        return null;
    }

    private static Term ToTerm(Match match)
    {
        var op = match.Groups["op"].Value;
        var values = LiteralPattern().Matches(match.Groups["value"].Value).Select(m => m.Value[1..^1]);
        var otherwise = match.Groups["otherwise"] is { Success: true } text ? text.Value[1..^1] : null;
        return new Term(match.Groups["domain"].Value, match.Groups["name"].Value, otherwise, op == "!=", [.. values]);
    }

    /// <param name="Domain">Of the attribute; empty for device.driver.</param>
    /// <param name="Attribute">Its name; empty for device.driver.</param>
    /// <param name="Otherwise">What stands for an attribute that is absent; null when its absence is an error.</param>
    /// <param name="Negated">For !=.</param>
    /// <param name="Values">What it is compared with.</param>
    private sealed record Term(
        string Domain, string Attribute, string? Otherwise, bool Negated, ImmutableHashSet<string> Values);

    [GeneratedRegex(
        """
        \G\s*device\.(?:driver|attributes\[(?:'(?<domain>[^'\\]+)'|"(?<domain>[^"\\]+)")\]\.
         (?:(?<name>[A-Za-z_]\w*)|\?(?<name>[A-Za-z_]\w*)\.orValue\((?<otherwise>'[^'\\]*'|"[^"\\]*")\)))\s*
        (?:(?<op>==|!=)\s*(?<value>'[^'\\]*'|"[^"\\]*")
         |\b(?<op>in)\s*(?<value>\[\s*(?:(?:'[^'\\]*'|"[^"\\]*")(?:\s*,\s*(?:'[^'\\]*'|"[^"\\]*"))*)?\s*\]))\s*
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex TermPattern();

    [GeneratedRegex("""'[^'\\]*'|"[^"\\]*" """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex LiteralPattern();

    [GeneratedRegex(@"\G&&")]
    private static partial Regex AndPattern();
}
