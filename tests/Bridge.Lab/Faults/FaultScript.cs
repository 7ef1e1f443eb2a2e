using System.Collections.Immutable;

namespace Bridge.Lab.Faults;

/// <summary>
/// The rules of a fault proxy as they stand, and what it has seen. Safe for several threads; random choices come from
/// one seed.
/// </summary>
public sealed class FaultScript(Random random)
{
    private readonly Lock gate = new();
    private readonly List<Entry> entries = [];
    private readonly Dictionary<string, int> seen = [];

    /// <summary>
    /// Requests by method and path without query, such as "GET /api/v1/pods"; a watch counts as WATCH.
    /// </summary>
    public ImmutableSortedDictionary<string, int> Seen
    {
        get
        {
            lock (gate)
                return seen.ToImmutableSortedDictionary(StringComparer.Ordinal);
        }
    }

    /// <summary>All requests so far.</summary>
    public int Total => Seen.Values.Sum();

    public void Add(FaultRule rule)
    {
        lock (gate)
            entries.Add(new Entry(rule));
    }

    /// <summary>Heals: no rule is left. Counters stay.</summary>
    public void Clear()
    {
        lock (gate)
            entries.Clear();
    }

    /// <summary>Counts anew from zero.</summary>
    public void Forget()
    {
        lock (gate)
            seen.Clear();
    }

    /// <summary>How many requests a rule has hit.</summary>
    public int Hits(FaultRule rule)
    {
        lock (gate)
            return entries.Where(e => ReferenceEquals(e.Rule, rule)).Sum(e => e.Hits);
    }

    /// <summary>Counts the request and says what befalls it; null for nothing.</summary>
    internal Fault? Meet(string method, string path, string query)
    {
        var verb = query.Contains("watch=1", StringComparison.Ordinal)
            || query.Contains("watch=true", StringComparison.Ordinal)
            ? "WATCH"
            : method;
        lock (gate)
        {
            var key = $"{verb} {path}";
            seen[key] = seen.GetValueOrDefault(key) + 1;
            return entries.FirstOrDefault(e => e.Rule.Matches(method, path + query) && e.Strikes(random))?.Rule.Fault;
        }
    }

    private sealed class Entry(FaultRule rule)
    {
        private int matched;

        public FaultRule Rule => rule;

        public int Hits { get; private set; }

        public bool Strikes(Random random)
        {
            if (matched++ < rule.Skip || Hits >= (rule.Count ?? int.MaxValue))
                return false;
            if (rule.Probability < 1 && random.NextDouble() >= rule.Probability)
                return false;
            Hits++;
            return true;
        }
    }
}
