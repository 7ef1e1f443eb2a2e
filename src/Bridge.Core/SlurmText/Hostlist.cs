using System.Collections.Immutable;
using System.Globalization;
using Bridge.Core.Names;

namespace Bridge.Core.SlurmText;

/// <summary>
/// Slurm's hostlist expressions, such as gpu[001-004,7],login0 (scontrol(1), "show hostnames"). A name may have
/// several bracket pairs (rack[1-2]n[1-8]); the width of a number counts: 01 and 1 are different nodes.
/// </summary>
public static class Hostlist
{
    /// <summary>A list that would expand to more names than this is refused as garbage.</summary>
    public const int MaxNames = 100_000;

    /// <summary>Expands a hostlist; "", "(null)" and "None assigned" are no node at all.</summary>
    /// <exception cref="FormatException">The text is not a hostlist; the message shows where.</exception>
    public static ImmutableArray<NodeName> Expand(string text)
    {
        if (text.Length == 0 || text is "(null)" or "None assigned")
            return [];
        var names = ImmutableArray.CreateBuilder<NodeName>();
        foreach (var part in SplitOutsideBrackets(text))
            ExpandPart(part, names);
        return names.DrainToImmutable();
    }

    /// <summary>The same where the text may be anything: null, and why, for one that is no hostlist.</summary>
    public static ImmutableArray<NodeName>? TryExpand(string text, out string problem)
    {
        problem = "";
        try
        {
            return Expand(text);
        }
        catch (FormatException wrong)
        {
            problem = wrong.Message;
            return null;
        }
    }

    /// <summary>The shortest hostlist of these names, sorted, each once. Equal sets give equal texts.</summary>
    public static string Compress(IEnumerable<NodeName> names)
    {
        var plain = new HashSet<string>(StringComparer.Ordinal);
        var numbered = new Dictionary<string, List<Suffix>>(StringComparer.Ordinal);
        var (prefix, suffixes) = ("", (List<Suffix>?)null);
        foreach (var name in names)
        {
            var start = StartOfNumber(name.Value);
            var digits = name.Value.AsSpan(start);
            if (digits.Length is 0 or > 9)
            {
                plain.Add(name.Value);
                continue;
            }
            // Neighbours mostly share their prefix.
            if (suffixes is null || !name.Value.AsSpan(0, start).SequenceEqual(prefix))
            {
                prefix = name.Value[..start];
                if (!numbered.TryGetValue(prefix, out suffixes))
                    numbered[prefix] = suffixes = [];
            }
            suffixes.Add(new Suffix(int.Parse(digits, CultureInfo.InvariantCulture), digits.Length, digits[0] == '0'));
        }
        var brackets = numbered.Select(n => Bracket(n.Key, Ranges(n.Value)));
        return string.Join(',', plain.Concat(brackets).Order(StringComparer.Ordinal));
    }

    // Numbers of one length form a padded range when any of them has a leading zero: n09 and n10 are n[09-10], n9 and
    // n10 are n[9-10].
    private static List<string> Ranges(List<Suffix> suffixes) =>
    [
        .. suffixes.GroupBy(s => s.Length)
            .GroupBy(
                length => length.Key > 1 && length.Any(s => s.LeadingZero) ? length.Key : 0,
                length => length.AsEnumerable())
            .OrderBy(width => width.Key)
            .SelectMany(width => Ranges(width.SelectMany(s => s).Select(s => s.Number).Order(), width.Key)),
    ];

    private static List<string> Ranges(IEnumerable<int> sorted, int width)
    {
        var format = "D" + width.ToString(CultureInfo.InvariantCulture);
        var ranges = new List<string>();
        int? start = null;
        var end = 0;
        foreach (var number in sorted)
        {
            if (start is not null && number - end is 0 or 1)
            {
                end = number;
                continue;
            }
            if (start is { } open)
                ranges.Add(Range(open, end, format));
            start = end = number;
        }
        if (start is { } last)
            ranges.Add(Range(last, end, format));
        return ranges;
    }

    private static string Range(int start, int end, string format)
    {
        var from = start.ToString(format, CultureInfo.InvariantCulture);
        return start == end ? from : from + "-" + end.ToString(format, CultureInfo.InvariantCulture);
    }

    private static string Bracket(string prefix, List<string> ranges) =>
        ranges.Count == 1 && !ranges[0].Contains('-', StringComparison.Ordinal)
            ? prefix + ranges[0]
            : $"{prefix}[{string.Join(',', ranges)}]";

    private readonly record struct Suffix(int Number, int Length, bool LeadingZero);

    private static int StartOfNumber(string name)
    {
        var i = name.Length;
        while (i > 0 && char.IsAsciiDigit(name[i - 1]))
            i--;
        return i;
    }

    private static IEnumerable<string> SplitOutsideBrackets(string text)
    {
        var depth = 0;
        var start = 0;
        for (var i = 0; i <= text.Length; i++)
        {
            var c = i == text.Length ? ',' : text[i];
            depth += c == '[' ? 1 : c == ']' ? -1 : 0;
            if (depth is < 0 or > 1 || (i == text.Length && depth != 0))
                throw new FormatException($"'{text}' is not a hostlist: brackets do not match at character {i + 1}");
            if (c != ',' || depth != 0)
                continue;
            yield return text[start..i];
            start = i + 1;
        }
    }

    // Brackets are worked off from the left, as slurmctld writes the names: the last one runs fastest.
    private static void ExpandPart(string part, ImmutableArray<NodeName>.Builder names) =>
        Expand(part, "", part, names);

    private static void Expand(string part, string before, string rest, ImmutableArray<NodeName>.Builder names)
    {
        var open = rest.IndexOf('[', StringComparison.Ordinal);
        if (open < 0)
        {
            Add(part, before + rest, names);
            return;
        }
        var close = rest.IndexOf(']', StringComparison.Ordinal);
        foreach (var range in rest[(open + 1)..close].Split(','))
            foreach (var number in Numbers(part, range))
                Expand(part, before + rest[..open] + number, rest[(close + 1)..], names);
    }

    private static IEnumerable<string> Numbers(string part, string range)
    {
        var dash = range.IndexOf('-', StringComparison.Ordinal);
        var (from, to) = dash < 0 ? (range, range) : (range[..dash], range[(dash + 1)..]);
        if (!int.TryParse(from, NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            || !int.TryParse(to, NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            || last < first
            || last - first >= MaxNames)
            throw new FormatException($"'{part}' is not a hostlist: '{range}' is not a range of numbers");
        var format = "D" + from.Length.ToString(CultureInfo.InvariantCulture);
        for (var number = first; number <= last; number++)
            yield return number.ToString(format, CultureInfo.InvariantCulture);
    }

    // Nodes that others made may have names that Bridge would give none.
    private static void Add(string part, string name, ImmutableArray<NodeName>.Builder names)
    {
        if (name.Length is 0 or > 255 || name.Any(c => c is <= ' ' or > '~' or '[' or ']' or ','))
            throw new FormatException($"'{part}' is not a hostlist: '{name}' is not a node name");
        if (names.Count == MaxNames)
            throw new FormatException($"a hostlist of more than {MaxNames} names");
        names.Add(new NodeName(name));
    }
}
