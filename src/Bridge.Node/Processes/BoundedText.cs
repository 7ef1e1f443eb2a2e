using System.Text;

namespace Bridge.Node.Processes;

/// <summary>Reads a stream to its end and keeps the beginning.</summary>
internal sealed class BoundedText(int limit)
{
    private readonly StringBuilder text = new();

    public bool Truncated { get; private set; }

    public async Task ReadAsync(TextReader reader)
    {
        var buffer = new char[16 << 10];
        for (int read; (read = await reader.ReadAsync(buffer)) > 0;)
            lock (text)
            {
                var keep = Math.Min(read, limit - text.Length);
                text.Append(buffer, 0, keep);
                Truncated |= keep < read;
            }
    }

    public override string ToString()
    {
        lock (text)
            return text.ToString();
    }
}
