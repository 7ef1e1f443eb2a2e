using System.Collections.Immutable;
using System.Globalization;

namespace Bridge.Core.SlurmText;

/// <summary>
/// One element of a Gres string: gpu:h100:8. Type is empty for gpu:8. Indices are empty unless the text held IDX.
/// </summary>
public sealed record GresCount(string Name, string Type, int Count, ImmutableArray<int> Indices);

/// <summary>Reads and writes Gres strings (gres.conf(5), slurm.conf(5) Gres).</summary>
public static class GresText
{
    /// <summary>
    /// Reads gpu:h100:8, gpu:h100:8(S:0-1), gpu:h100:2(IDX:0-1), gpu:4, comma-separated; "", "(null)" and "N/A" are
    /// none. What is not
    /// understood is left out: a new decoration of a future Slurm must not hide the rest.
    /// </summary>
    public static ImmutableArray<GresCount> Parse(string text)
    {
        if (text.Length == 0 || text is "(null)" or "N/A")
            return [];
        var found = ImmutableArray.CreateBuilder<GresCount>();
        foreach (var part in SplitOutsideParentheses(text))
            if (ParseOne(part) is { } one)
                found.Add(one);
        return found.DrainToImmutable();
    }

    /// <summary>
    /// GPUs in a Gres string, over all types: the sum that <see cref="Parse"/> would give. Asked several times for
    /// every node at every plan, so nothing is allocated.
    /// </summary>
    public static int Gpus(string text)
    {
        int sum = 0, depth = 0, start = 0;
        for (var i = 0; i <= text.Length; i++)
        {
            var c = i == text.Length ? ',' : text[i];
            depth += c == '(' ? 1 : c == ')' ? -1 : 0;
            if (c != ',' || (depth > 0 && i < text.Length))
                continue;
            sum += GpusOf(text.AsSpan(start, i - start));
            start = i + 1;
        }
        return sum;
    }

    private static int GpusOf(ReadOnlySpan<char> part)
    {
        var paren = part.IndexOf('(');
        var body = paren < 0 ? part : part[..paren];
        var (first, last) = (body.IndexOf(':'), body.LastIndexOf(':'));
        if (!(first < 0 ? body : body[..first]).SequenceEqual("gpu"))
            return 0;
        if (first >= 0
            && int.TryParse(body[(last + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            return count;
        return first == last ? 1 : 0; // gpu and gpu:h100 are one; what is longer and has no count is not understood
    }

    /// <summary>gpu:a100:4,gpu:h100:8 from counts by type, sorted by type; "" for none.</summary>
    public static string Write(IEnumerable<KeyValuePair<string, int>> gpusByType) =>
        string.Join(',', gpusByType.Where(g => g.Value > 0).OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => $"gpu:{g.Key}:{g.Value}"));

    /// <summary>Same types and counts, whatever the order and decoration.</summary>
    public static bool Same(string one, string other) =>
        one == other || Canonical(one).SequenceEqual(Canonical(other));

    private static IEnumerable<(string, string, int)> Canonical(string text) =>
        Parse(text).GroupBy(g => (g.Name, g.Type)).Select(g => (g.Key.Name, g.Key.Type, g.Sum(x => x.Count)))
            .Where(g => g.Item3 > 0).Order();

    private static GresCount? ParseOne(string part)
    {
        var paren = part.IndexOf('(', StringComparison.Ordinal);
        var (body, note) = paren < 0 ? (part, "") : (part[..paren], part[(paren + 1)..].TrimEnd(')'));
        var fields = body.Split(':');
        var last = fields[^1];
        var counted = int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var count);
        if (fields.Length == 0 || fields[0].Length == 0 || (fields.Length > 1 && !counted && fields.Length > 2))
            return null;
        var type = fields.Length switch
            { 1 => "", 2 => counted ? "" : fields[1], _ => string.Join(':', fields[1..^1]) };
        return new GresCount(fields[0], type, counted ? count : 1, Indices(note));
    }

    private static ImmutableArray<int> Indices(string note)
    {
        if (!note.StartsWith("IDX:", StringComparison.Ordinal))
            return [];
        var found = ImmutableArray.CreateBuilder<int>();
        foreach (var range in note[4..].Split(','))
        {
            var ends = range.Split('-');
            if (int.TryParse(ends[0], out var first) && int.TryParse(ends[^1], out var last)
                && last - first is >= 0 and < 4096)
                found.AddRange(Enumerable.Range(first, last - first + 1));
        }
        return found.DrainToImmutable();
    }

    private static IEnumerable<string> SplitOutsideParentheses(string text)
    {
        var depth = 0;
        var start = 0;
        for (var i = 0; i <= text.Length; i++)
        {
            var c = i == text.Length ? ',' : text[i];
            depth += c == '(' ? 1 : c == ')' ? -1 : 0;
            if (c != ',' || (depth > 0 && i < text.Length))
                continue;
            if (i > start)
                yield return text[start..i];
            start = i + 1;
        }
    }
}
