using System.Runtime.InteropServices;
using Bridge.Core.Model;
using Bridge.Core.Names;

namespace Bridge.Slurm.Text;

/// <summary>
/// The records of one read after another. A record whose bytes are those of the last read is neither parsed nor kept:
/// it costs its hash. What differs is gathered until the whole output is there.
/// </summary>
internal sealed class JobLines
{
    private readonly Dictionary<uint, Line> lines = [];
    private readonly StringPool pool = new();
    private readonly Dictionary<uint, SlurmJob?> changed = [];
    private readonly HashSet<uint> fresh = [];
    private readonly HashSet<uint> doubtful = [];
    private readonly List<(uint Id, uint Before)> successors = [];
    private readonly RecordSplitter splitter;
    private int read;
    private uint before;

    public JobLines() => splitter = new RecordSplitter(JobRecordText.Prefix, Take);

    /// <param name="Hash">Of its bytes.</param>
    /// <param name="Read">Number of the last read that had it.</param>
    /// <param name="Proven">Whether Slurm has named the id where no text can be forged.</param>
    /// <param name="Forged">Whether Slurm has said that there is no such job.</param>
    private record struct Line(ulong Hash, int Read, bool Proven, bool Forged);

    /// <summary>Records of the last read.</summary>
    public int Count { get; private set; }

    /// <summary>Jobs whose record is new or another than before.</summary>
    public IEnumerable<SlurmJob> Changed => changed.Values.OfType<SlurmJob>();

    /// <summary>Jobs whose record is not believed, and changed: they are to be read one by one.</summary>
    public IEnumerable<JobId> Doubtful => doubtful.Select(id => new JobId(id));

    /// <summary>Whether there are ids that Slurm has not named yet where no text can be forged.</summary>
    public bool HasFresh => fresh.Count > 0;

    /// <summary>Why the output cannot be used; "" when it can.</summary>
    public string Problem => splitter.Stray;

    public void Begin()
    {
        splitter.Begin();
        read++;
        Count = 0;
        before = 0;
        changed.Clear();
        fresh.Clear();
        doubtful.Clear();
        successors.Clear();
    }

    public void Add(ReadOnlySpan<byte> piece) => splitter.Add(piece);

    public void End() => splitter.End();

    /// <summary>The output was not whole: the next read compares with nothing of it.</summary>
    public void Forget() => lines.Clear();

    /// <summary>
    /// Only these ids exist. A record of any other was written by somebody into a free text of the job whose record
    /// comes before it, which is not believed then either.
    /// </summary>
    public void Confirm(IReadOnlySet<uint> real)
    {
        foreach (var id in fresh)
            if (real.Contains(id))
                lines[id] = lines[id] with { Proven = true };
            else
            {
                changed.Remove(id);
                doubtful.Remove(id);
                lines[id] = lines[id] with { Forged = true };
            }
        foreach (var (id, previous) in successors)
            if (!real.Contains(id) && real.Contains(previous))
                Doubt(previous);
    }

    /// <summary>Ids that this read does not have any more; they are forgotten.</summary>
    public List<JobId> TakeGone()
    {
        var gone = lines.Where(l => l.Value.Read != read).Select(l => l.Key).ToList();
        gone.ForEach(id => lines.Remove(id));
        return gone.ConvertAll(id => new JobId(id));
    }

    /// <summary>Whether the last read had this job.</summary>
    public bool Has(JobId id) =>
        lines.TryGetValue(id.Value, out var line) && line.Read == read && !line.Forged;

    private void Take(ReadOnlySpan<byte> record)
    {
        var id = JobRecordText.IdOf(record);
        if (id == 0)
        {
            if (before != 0)
                Doubt(before); // who wrote a line that begins as a record does
            return;
        }
        Count++;
        var hash = HashOf(record);
        ref var line = ref CollectionsMarshal.GetValueRefOrAddDefault(lines, id, out var known);
        var previous = before;
        before = id;
        if (known && line.Read == read)
        {
            // One of the two was written by somebody into a free text of the record before it. Which of them stays
            // alone when the other goes is not known either.
            line.Proven = line.Forged = false;
            Doubt(id);
            if (previous != 0 && previous != id)
                Doubt(previous);
            return;
        }
        line.Read = read;
        var proven = line.Proven;
        if (known && line.Hash == hash && (proven || line.Forged))
            return;
        line = new Line(hash, read, proven, false);
        if (!proven)
        {
            fresh.Add(id);
            successors.Add((id, previous));
        }
        if (JobRecordText.Parse(record, pool) is { } job)
            changed[id] = job;
        else
            Doubt(id);
    }

    private void Doubt(uint id)
    {
        changed.Remove(id);
        doubtful.Add(id);
    }

    // All but what moves by itself: how long it has run, and when the scheduler looked at it last. A key that somebody
    // wrote into a name hides changes of that job alone.
    private static ulong HashOf(ReadOnlySpan<byte> record)
    {
        var hash = TextHash.Seed;
        var (start, end) = Span(record, " RunTime="u8, " TimeLimit="u8);
        hash = TextHash.Mix(record[..start], hash);
        record = record[end..];
        (start, end) = Span(record, " LastSchedEval="u8, " Partition="u8);
        hash = TextHash.Mix(record[..start], hash);
        return TextHash.Mix(record[end..], hash);
    }

    private static (int Start, int End) Span(
        ReadOnlySpan<byte> record, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        var start = record.IndexOf(from);
        var length = start < 0 ? -1 : record[start..].IndexOf(to);
        return length < 0 ? (0, 0) : (start, start + length);
    }
}
