using System.Text.RegularExpressions;

namespace Bridge.Core.Tests.Tidy;

/// <summary>
/// Measures methods by indentation, which the formatter keeps: a member of a type opens its brace on a line of its own
/// and closes it at the same
/// column.
/// </summary>
internal static partial class MethodLengths
{
    public static IEnumerable<(string Name, int Line, int Lines)> Of(string[] lines)
    {
        for (var i = 1; i < lines.Length; i++)
        {
            if (lines[i].Trim() != "{")
                continue;
            var header = Header(lines, i);
            if (TypeKeyword().IsMatch(header) || Method().Match(header) is not { Success: true } match)
                continue;
            var indent = lines[i].Length - lines[i].TrimStart().Length;
            var end = Array.FindIndex(
                lines, i + 1, l => l.StartsWith(new string(' ', indent) + "}", StringComparison.Ordinal));
            if (end > 0)
                yield return (match.Groups["name"].Value, i, end - i - 1);
        }
    }

    // The lines of the signature, joined: it may be wrapped.
    private static string Header(string[] lines, int brace)
    {
        var start = brace - 1;
        var indent = lines[brace].Length - lines[brace].TrimStart().Length;
        while (start > 0 && lines[start].Length - lines[start].TrimStart().Length > indent)
            start--;
        return string.Join(' ', lines[start..brace].Select(l => l.Trim()));
    }

    [GeneratedRegex(@"^[^(]*\b(class|record|struct|interface|enum)\b")]
    private static partial Regex TypeKeyword();

    [GeneratedRegex(
        @"^(?:(?:public|internal|private|protected|static|async|override|virtual|sealed|unsafe|partial|extern|new)\s+)+"
        + @"(?:[\w<>\[\](),.?\s]+\s+)?(?<name>\w+)(?:<[^>]*>)?\(")]
    private static partial Regex Method();
}
