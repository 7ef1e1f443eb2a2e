namespace Bridge.Slurm.Text;

/// <summary>
/// Cuts what scontrol writes with --oneliner into records, as the bytes come. A record begins at a line that begins
/// with the prefix; any other line belongs to the record before it, for free texts may hold line breaks.
/// </summary>
internal sealed class RecordSplitter(ReadOnlyMemory<byte> prefix, Action<ReadOnlySpan<byte>> record)
{
    private const int LongestRecord = 32 << 20;

    private byte[] buffer = new byte[128 << 10];
    private int filled;
    private int searched;

    /// <summary>The first line that belongs to no record; "" when there is none.</summary>
    public string Stray { get; private set; } = "";

    /// <summary>Another output begins.</summary>
    public void Begin()
    {
        (filled, searched) = (0, 0);
        Stray = "";
    }

    public void Add(ReadOnlySpan<byte> piece)
    {
        if (filled + piece.Length > buffer.Length)
            Array.Resize(ref buffer, Math.Max(buffer.Length * 2, filled + piece.Length));
        piece.CopyTo(buffer.AsSpan(filled));
        filled += piece.Length;
        Cut();
        if (filled <= LongestRecord)
            return;
        Stray = $"a record of more than {LongestRecord} bytes";
        (filled, searched) = (0, 0);
    }

    /// <summary>The command has ended: what is left is the last record.</summary>
    public void End()
    {
        Emit(buffer.AsSpan(0, filled));
        (filled, searched) = (0, 0);
    }

    private void Cut()
    {
        var start = 0;
        while (true)
        {
            var at = buffer.AsSpan(searched, filled - searched).IndexOf((byte)'\n');
            // Whether a line begins a record is known when as much of it is there as the prefix is long.
            if (at < 0 || searched + at + 1 + prefix.Length > filled)
            {
                searched = at < 0 ? filled : searched + at;
                break;
            }
            searched += at + 1;
            if (!buffer.AsSpan(searched, filled - searched).StartsWith(prefix.Span))
                continue;
            Emit(buffer.AsSpan(start, searched - 1 - start));
            start = searched;
        }
        buffer.AsSpan(start, filled - start).CopyTo(buffer);
        filled -= start;
        searched -= start;
    }

    private void Emit(ReadOnlySpan<byte> text)
    {
        text = text.TrimEnd("\r\n"u8);
        if (text.StartsWith(prefix.Span))
            record(text);
        else if (Stray.Length == 0 && !text.IsEmpty && !text.StartsWith("No "u8))
            Stray = Printable.Of(text);
    }
}

/// <summary>The beginning of a text for a message, without what could break a line of the log.</summary>
internal static class Printable
{
    public static string Of(ReadOnlySpan<byte> text) => string.Concat(
        System.Text.Encoding.UTF8.GetString(text[..Math.Min(text.Length, 80)])
            .Select(c => char.IsControl(c) ? ' ' : c));
}
