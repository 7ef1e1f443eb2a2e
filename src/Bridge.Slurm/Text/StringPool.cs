using System.Text;

namespace Bridge.Slurm.Text;

/// <summary>
/// One string object for each text that comes again and again: users, accounts, partitions, states, reasons, names.
/// Bytes that are no UTF-8 become U+FFFD: they cost a character, never the record.
/// </summary>
internal sealed class StringPool
{
    private const int Longest = 128;
    private const int Most = 100_000;

    private readonly HashSet<string> known = new(StringComparer.Ordinal);

    public string Get(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
            return "";
        if (text.Length > Longest)
            return Encoding.UTF8.GetString(text);
        Span<char> characters = stackalloc char[Longest];
        var word = characters[..Encoding.UTF8.GetChars(text, characters)];
        var pool = known.GetAlternateLookup<ReadOnlySpan<char>>();
        if (pool.TryGetValue(word, out var found))
            return found;
        if (known.Count >= Most)
            known.Clear(); // names that never come again would stay for ever
        pool.Add(word);
        return pool.TryGetValue(word, out var added) ? added : word.ToString();
    }
}
