using System.Collections.Immutable;
using Bridge.Core.View;
using Microsoft.Extensions.Logging;

namespace Bridge.Slurm.Reading;

/// <summary>
/// One source of the view: its last good content and how fresh that is. A failed read keeps the content and marks it.
/// Content and state
/// stay the same objects while nothing changed, apart from a new Since every half minute.
/// </summary>
internal sealed class KeptSource<TKey,
    T>(string name, Func<T, TKey> key, IEqualityComparer<T> same, ILogger log)
    where TKey : notnull
    where T : class
{
    private static readonly TimeSpan SinceStep = TimeSpan.FromSeconds(30);

    private readonly ImmutableDictionary<TKey, T>.Builder content = ImmutableDictionary.CreateBuilder<TKey, T>();

    /// <summary>All records; the same value while none was put or removed.</summary>
    public ImmutableDictionary<TKey, T> Content => content.ToImmutable();

    public int Count => content.Count;

    public T? Find(TKey id) => content.TryGetValue(id, out var found) ? found : null;

    public SourceState State { get; private set; } = SourceState.NotYet;

    /// <summary>The whole collection, as an answer to a question asked at that time told it.</summary>
    /// <param name="items">What was read.</param>
    /// <param name="asked">When the question was asked.</param>
    /// <param name="unread">Names of records that are there but could not be read: they stay as they are. "" could be
    /// any, so that none is taken as gone.</param>
    public void Replace(IEnumerable<T> items, DateTimeOffset asked, IReadOnlyCollection<string> unread)
    {
        var seen = new HashSet<TKey>();
        foreach (var item in items)
        {
            seen.Add(key(item));
            Put(item);
        }
        if (seen.Count != content.Count && !unread.Contains(""))
            content.RemoveRange(
                content.Keys.Where(k => !seen.Contains(k) && !unread.Contains(k.ToString() ?? "")).ToList());
        Leave(unread);
        Confirm(asked);
    }

    /// <summary>One record, as just read. Returns whether it is another one than before.</summary>
    public bool Put(T item)
    {
        if (content.TryGetValue(key(item), out var old) && same.Equals(old, item))
            return false;
        content[key(item)] = item;
        return true;
    }

    public void Remove(TKey id) => content.Remove(id);

    /// <summary>
    /// The content is known to be right, by an answer to a question asked at that time. Not the time at which this is
    /// called: a process that stood still in between would take an old answer for a new one.
    /// </summary>
    public void Confirm(DateTimeOffset asked)
    {
        if (State.Error.Length > 0)
            log.ReadRecovered(name);
        if (!State.Current || asked - State.Since >= SinceStep || asked < State.Since)
            State = new SourceState(true, asked, Unread: State.Unread);
    }

    /// <summary>These could not be read, and nothing else.</summary>
    public void Leave(IEnumerable<string> unread)
    {
        var names = string.Join(", ", unread.Select(n => n.Length == 0 ? "one without a name" : n).Order().Take(20));
        if (names == State.Unread)
            return;
        if (names.Length > 0)
            log.ObjectsUnread(name, names);
        State = State with { Unread = names };
    }

    public void Fail(string reason)
    {
        if (State.Error == reason)
            return;
        if (State.Error.Length == 0)
            log.ReadFailed(name, reason);
        State = State with { Error = reason };
    }
}
