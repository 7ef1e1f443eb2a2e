using Bridge.Core.Model;

namespace Bridge.Slurm.Text;

/// <summary>
/// The nodes of one read after another. A record whose bytes are those of the last read is not parsed again: it costs
/// its hash, and the node stays the same object.
/// </summary>
internal sealed class NodeLines
{
    private readonly RecordSplitter splitter;
    private readonly List<SlurmNode> nodes = [];
    private readonly List<string> unread = [];
    private Dictionary<ulong, SlurmNode> last = [];
    private Dictionary<ulong, SlurmNode> now = [];
    private int parsed;

    public NodeLines() => splitter = new RecordSplitter(NodeText.Prefix, Take);

    public IReadOnlyList<SlurmNode> Nodes => nodes;

    /// <summary>Names of those whose record is not understood, "" where not even that is.</summary>
    public IReadOnlyList<string> Unread => unread;

    /// <summary>Whether the records are those of the last read, none more and none less.</summary>
    public bool Same { get; private set; }

    /// <summary>The first line that is no record at all; "" when there is none.</summary>
    public string Stray => splitter.Stray;

    /// <summary>Records of this read.</summary>
    public int Count => nodes.Count + unread.Count;

    public void Begin()
    {
        splitter.Begin();
        nodes.Clear();
        unread.Clear();
        (last, now) = (now, last);
        now.Clear();
        parsed = 0;
    }

    public void Add(ReadOnlySpan<byte> piece) => splitter.Add(piece);

    public void End()
    {
        splitter.End();
        Same = parsed == 0 && unread.Count == 0 && now.Count == last.Count && nodes.Count == now.Count;
    }

    /// <summary>The output was not whole: the next read compares with nothing of it.</summary>
    public void Forget() => now.Clear();

    private void Take(ReadOnlySpan<byte> record)
    {
        var hash = TextHash.Mix(record, TextHash.Seed);
        if (!last.TryGetValue(hash, out var node))
        {
            parsed++;
            node = NodeText.Parse(record);
        }
        if (node is null)
        {
            unread.Add(NodeText.NameOf(record));
            return;
        }
        nodes.Add(node);
        now[hash] = node;
    }
}
