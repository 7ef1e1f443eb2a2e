namespace Bridge.Ledger;

/// <summary>
/// The rows of steps that failed and have not been done since. The same step that fails in the same words under the
/// same leadership is another try of its row: a step that is refused for a week is one row.
/// </summary>
internal sealed class FailedSteps
{
    /// <summary>A neighbour refuses a step in some ways by turns, not in many.</summary>
    private const int MostWays = 8;

    /// <summary>Two failing steps for each of 10,000 nodes. What is forgotten begins a new row.</summary>
    private const int MostKeys = 20_000;

    private readonly Dictionary<(string Cluster, string Key), List<JournalRow>> rows = [];

    /// <summary>The row of this entry: a new one, or one that is stored already, tried once more.</summary>
    /// <param name="entry">What was tried now.</param>
    /// <param name="next">The sequence of a new row.</param>
    public JournalRow RowOf(ActionEntry entry, long next)
    {
        var words = Once(entry);
        return rows.GetValueOrDefault((entry.Cluster, entry.Key))?.Find(row => Once(row.Entry) == words) is { } known
            ? known with { Entry = known.Entry with { Tries = known.Entry.Tries + 1, LastAt = entry.At } }
            : new JournalRow(next, entry);
    }

    /// <summary>Remembers a row that will be stored.</summary>
    public void Remember(JournalRow row)
    {
        var step = (row.Entry.Cluster, row.Entry.Key);
        if (row.Entry.Result == ActionEntry.Done)
        {
            rows.Remove(step);
            return;
        }
        if (!rows.TryGetValue(step, out var ways))
        {
            if (rows.Count == MostKeys)
                rows.Clear();
            rows[step] = ways = [];
        }
        ways.RemoveAll(known => known.Sequence == row.Sequence);
        if (ways.Count == MostWays)
            ways.RemoveAt(0);
        ways.Add(row);
    }

    private static ActionEntry Once(ActionEntry entry) => entry with { At = default, Tries = 1, LastAt = null };
}
