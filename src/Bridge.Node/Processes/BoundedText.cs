using System.Text;
using CliWrap;

namespace Bridge.Node.Processes;

/// <summary>Reads a stream to its end and keeps the beginning. The library's own buffers keep everything.</summary>
internal sealed class BoundedText(int limit)
{
    private readonly StringBuilder text = new();

    public bool Truncated { get; private set; }

    public PipeTarget Target => PipeTarget.Create(async (stream, cancel) =>
    {
        using var reader = new StreamReader(stream, leaveOpen: true);
        var buffer = new char[16 << 10];
        for (int read; (read = await reader.ReadAsync(buffer, cancel)) > 0;)
            lock (text)
            {
                var keep = Math.Min(read, limit - text.Length);
                text.Append(buffer, 0, keep);
                Truncated |= keep < read;
            }
    });

    public override string ToString()
    {
        lock (text)
            return text.ToString();
    }
}
