using Bridge.Core.Names;
using Microsoft.Extensions.Logging;

namespace Bridge.Slurm.Reading;

/// <summary>
/// The jobs to be read one by one. Some are awaited: of them the view holds an id and a state, or what may be another
/// run, and until they were asked for the jobs are not known.
/// </summary>
internal sealed class WantedJobs(TimeProvider clock, ILogger log)
{
    // One job that cannot be read must not leave all others unknown for ever: after about a minute they go on without
    // it, and its log line tells whoever wonders.
    private const int TriesThatHold = 3;

    private static readonly TimeSpan FirstRest = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestRest = TimeSpan.FromHours(1);

    private readonly HashSet<JobId> wanted = [];
    private readonly HashSet<JobId> awaited = [];
    private readonly Dictionary<JobId, (int Tries, long Since, TimeSpan Wait)> unread = [];

    /// <summary>Whether every awaited job was read, or tried often enough.</summary>
    public bool Complete => awaited.Count == 0;

    /// <summary>Those that could not be read, and that the others wait for no longer.</summary>
    public IEnumerable<JobId> GivenUp => unread.Where(u => u.Value.Tries >= TriesThatHold).Select(u => u.Key);

    public void Add(JobId id) => wanted.Add(id);

    /// <summary>Wanted, and the jobs are not known before.</summary>
    public void Await(JobId id)
    {
        wanted.Add(id);
        if (unread.GetValueOrDefault(id).Tries < TriesThatHold)
            awaited.Add(id);
    }

    /// <summary>Those to ask for now.</summary>
    public IEnumerable<JobId> Due() => wanted.Where(IsDue);

    /// <summary>Whether it is to be asked for now.</summary>
    public bool IsDue(JobId id) => wanted.Contains(id)
        && !(unread.TryGetValue(id, out var last) && clock.GetElapsedTime(last.Since) < last.Wait);

    /// <summary>Slurm told about it, or told that it is not there.</summary>
    public void Answered(JobId id)
    {
        wanted.Remove(id);
        awaited.Remove(id);
        unread.Remove(id);
    }

    /// <summary>
    /// It could not be read, though Slurm answers otherwise: it stays wanted and is asked for later, ever more rarely,
    /// or after the given rest.
    /// </summary>
    public void Unread(JobId id, string reason, TimeSpan? rest = null)
    {
        var tries = unread.GetValueOrDefault(id).Tries + 1;
        var longer = FirstRest * Math.Pow(4, Math.Min(tries - 1, 10));
        unread[id] = (tries, clock.GetTimestamp(), rest ?? (longer < LongestRest ? longer : LongestRest));
        if (tries >= TriesThatHold)
            awaited.Remove(id);
        if (rest is null || tries == 1)
            log.JobUnread(id, reason, unread[id].Wait);
    }
}
