using System.Text.RegularExpressions;

namespace Bridge.Lab.Faults;

/// <summary>Which requests meet a fault, and how often. The first rule that applies to a request decides.</summary>
public sealed record FaultRule
{
    public required Fault Fault { get; init; }

    /// <summary>One, or several separated by |; empty for any.</summary>
    public string Method { get; init; } = "";

    /// <summary>Regular expression over path and query, such as ^/api/v1/pods.*watch=1.</summary>
    public string Path { get; init; } = "";

    /// <summary>How many matching requests pass unharmed first.</summary>
    public int Skip { get; init; }

    /// <summary>How many requests are hit; null for all that follow.</summary>
    public int? Count { get; init; }

    /// <summary>Of a hit, per matching request.</summary>
    public double Probability { get; init; } = 1;

    internal bool Matches(string method, string pathAndQuery) =>
        (Method.Length == 0 || Method.Split('|').Contains(method, StringComparer.OrdinalIgnoreCase))
        && Regex.IsMatch(pathAndQuery, Path, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
}
