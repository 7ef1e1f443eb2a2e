using System.Globalization;

namespace Bridge.Core.Tests.Planning;

/// <summary>One line of a case file: `kind name flag key=value key="two words"`.</summary>
internal sealed record CaseLine(
    string Kind, string Name, IReadOnlyDictionary<string, string> Values, IReadOnlySet<string> Flags)
{
    private readonly HashSet<string> read = [];

    public static CaseLine Parse(string line)
    {
        var words = Words(line);
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var flags = new HashSet<string>(StringComparer.Ordinal);
        foreach (var word in words.Skip(2))
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
                flags.Add(word);
            else
                values[word[..equals]] = word[(equals + 1)..];
        }
        return new CaseLine(words[0], words.Count > 1 ? words[1] : "", values, flags);
    }

    public string Text(string key, string otherwise = "")
    {
        read.Add(key);
        return Values.GetValueOrDefault(key, otherwise);
    }

    public int Number(string key, int otherwise) =>
        int.Parse(Text(key, otherwise.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);

    public int? NumberOrNull(string key) => Text(key) is { Length: > 0 } ? Number(key, 0) : null;

    public string[] List(string key) => Text(key).Split(',', StringSplitOptions.RemoveEmptyEntries);

    public bool Has(string flag)
    {
        read.Add(flag);
        return Flags.Contains(flag);
    }

    public IEnumerable<KeyValuePair<string, string>> WithPrefix(string prefix)
    {
        foreach (var (key, value) in Values)
            if (key.StartsWith(prefix, StringComparison.Ordinal))
            {
                read.Add(key);
                yield return KeyValuePair.Create(key[prefix.Length..], value);
            }
    }

    /// <summary>A word that nothing read is a typo, and a typo must not make a case pass.</summary>
    public void MustBeRead()
    {
        var unread = Values.Keys.Concat(Flags).Except(read).ToList();
        if (unread.Count > 0)
            throw new FormatException($"'{Kind} {Name}': nothing reads {string.Join(", ", unread)}");
    }

    private static List<string> Words(string line)
    {
        var words = new List<string>();
        var word = new System.Text.StringBuilder();
        var quoted = false;
        foreach (var c in line.Append(' '))
        {
            if (c == '"')
                quoted = !quoted;
            else if (c == ' ' && !quoted)
            {
                if (word.Length > 0)
                    words.Add(word.ToString());
                word.Clear();
            }
            else
                word.Append(c);
        }
        return words;
    }
}
