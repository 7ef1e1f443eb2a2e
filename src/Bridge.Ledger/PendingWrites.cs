namespace Bridge.Ledger;

/// <summary>
/// What waits to be stored. Jobs collapse by key, so their number is bounded by the jobs that changed, not by the
/// changes; actions keep their order, and a failure that repeats another collapses into it. A batch that failed goes
/// back in front of what came meanwhile.
/// </summary>
internal sealed class PendingWrites(int limit)
{
    private readonly Lock gate = new();
    private readonly Dictionary<JobKey, JobRow> jobs = [];
    private readonly SortedDictionary<long, JournalRow> actions = [];
    private readonly FailedSteps failed = new();
    private long sequence;
    private int taken;

    /// <summary>Rows that are not stored yet, those of a batch under way included.</summary>
    public int Count
    {
        get
        {
            lock (gate)
                return jobs.Count + actions.Count + taken;
        }
    }

    public bool TryAdd(ActionEntry entry)
    {
        lock (gate)
        {
            var row = failed.RowOf(entry, sequence + 1);
            if (actions.Count >= limit && !actions.ContainsKey(row.Sequence))
                return false;
            actions[row.Sequence] = row;
            sequence = Math.Max(sequence, row.Sequence);
            failed.Remember(row);
            return true;
        }
    }

    public bool TryAdd(JobRow row)
    {
        lock (gate)
        {
            if (jobs.TryGetValue(row.Key, out var waiting))
            {
                jobs[row.Key] = waiting.Then(row);
                return true;
            }
            return jobs.Count < limit && jobs.TryAdd(row.Key, row);
        }
    }

    public WriteBatch Take(int most)
    {
        lock (gate)
        {
            var rows = jobs.Values.Take(most).ToArray();
            foreach (var row in rows)
                jobs.Remove(row.Key);
            var entries = actions.Values.Take(most).ToArray();
            foreach (var entry in entries)
                actions.Remove(entry.Sequence);
            var batch = new WriteBatch(rows, entries);
            taken = batch.Count;
            return batch;
        }
    }

    /// <summary>The batch taken last is stored.</summary>
    public void Confirm()
    {
        lock (gate)
            taken = 0;
    }

    public void PutBack(WriteBatch batch)
    {
        lock (gate)
        {
            taken = 0;
            foreach (var row in batch.Jobs)
                jobs[row.Key] = jobs.TryGetValue(row.Key, out var newer) ? row.Then(newer) : row;
            foreach (var entry in batch.Actions)
                actions.TryAdd(entry.Sequence, entry);
        }
    }
}

/// <summary>An entry with its place in this writer's journal.</summary>
internal sealed record JournalRow(long Sequence, ActionEntry Entry);

/// <summary>What one transaction stores.</summary>
internal sealed record WriteBatch(IReadOnlyList<JobRow> Jobs, IReadOnlyList<JournalRow> Actions)
{
    public bool IsEmpty => Jobs.Count == 0 && Actions.Count == 0;

    public int Count => Jobs.Count + Actions.Count;

    /// <summary>One batch per row.</summary>
    public IEnumerable<WriteBatch> Split() =>
        Jobs.Select(job => new WriteBatch([job], [])).Concat(Actions.Select(action => new WriteBatch([], [action])));

    public override string ToString() =>
        Count == 1 && Jobs.Count == 1 ? $"job {Jobs[0].Key.Cluster}/{Jobs[0].Key.Id}"
        : Count == 1 ? $"action {Actions[0].Entry.Kind} {Actions[0].Entry.Key}"
        : $"{Jobs.Count} jobs and {Actions.Count} actions";
}
