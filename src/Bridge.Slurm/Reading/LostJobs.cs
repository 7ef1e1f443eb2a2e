using System.Collections.Immutable;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Slurm.Rest;

namespace Bridge.Slurm.Reading;

/// <summary>
/// Jobs that the controller no longer holds and whose end was not seen: accounting has the record. Until accounting has
/// answered they
/// stay as they were last seen; only when both the controller and accounting have said for an hour that there is no
/// such job, or when there is no accounting at all, it is given up.
/// </summary>
internal sealed class LostJobs(SlurmApi api, ReadBudget budget, TimeProvider clock)
{
    // slurmctld hands records to slurmdbd in batches, and keeps them for hours while slurmdbd is down.
    private const int AsksBeforeGivingUp = 10;
    private const int IdsPerRequest = 50;
    private static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AskEveryLater = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan BacklogOfSlurmdbd = TimeSpan.FromHours(1);
    private static readonly TimeSpan Back = TimeSpan.FromDays(1);

    private readonly Dictionary<JobId, (int Times, long Since)> asked = [];
    private long lastAsk;
    private bool everAsked;

    public void Add(JobId id) => asked.TryAdd(id, (0, clock.GetTimestamp()));

    /// <summary>The controller has it (again), or accounting told its end.</summary>
    public void Found(JobId id) => asked.Remove(id);

    /// <summary>Records of jobs that ended, and the ids that nobody knows any more.</summary>
    public async Task<(ImmutableArray<SlurmJob> Ended, ImmutableArray<JobId> Nowhere)> AskAsync(
        ServerProfile profile, Func<JobId, SlurmJob?> known, CancellationToken cancel)
    {
        if (asked.Count == 0 || !budget.Allows)
            return ([], []);
        var rest = asked.Values.Any(a => a.Times < AsksBeforeGivingUp) ? AskEvery : AskEveryLater;
        if (everAsked && clock.GetElapsedTime(lastAsk) < rest)
            return ([], []);
        everAsked = true;
        lastAsk = clock.GetTimestamp();
        var jobs = asked.Keys.OrderBy(id => asked[id].Times).ThenBy(id => id).Take(IdsPerRequest)
            .Select(known).OfType<SlurmJob>().ToList();
        if (jobs.Count == 0)
        {
            asked.Clear();
            return ([], []);
        }
        var since = jobs.Min(j => j.SubmitTime ?? clock.GetUtcNow() - Back);
        var reading = await api.AccountedAsync(profile, jobs.Select(j => j.Id), since, cancel);
        budget.Spend(Rung.Record, reading.Cost);
        return reading switch
        {
            Reading<ImmutableArray<SlurmJob>>.Known { Value: var records } => Sort(jobs, records, BacklogOfSlurmdbd),
            Reading<ImmutableArray<SlurmJob>>.Unknown { Endpoint: true } => Sort(jobs, [], TimeSpan.Zero),
            _ => ([], []),
        };
    }

    private (ImmutableArray<SlurmJob> Ended, ImmutableArray<JobId> Nowhere) Sort(List<SlurmJob> jobs,
        ImmutableArray<SlurmJob> records, TimeSpan patience)
    {
        var ended = ImmutableArray.CreateBuilder<SlurmJob>();
        var nowhere = ImmutableArray.CreateBuilder<JobId>();
        foreach (var job in jobs)
        {
            if (JobMerge.Ended(job, records) is { } record)
            {
                ended.Add(record);
                asked.Remove(job.Id);
            }
            else if (asked[job.Id] is var (times, since) && times + 1 < AsksBeforeGivingUp
                || clock.GetElapsedTime(since) < patience)
            {
                asked[job.Id] = (times + 1, since);
            }
            else
            {
                nowhere.Add(job.Id);
                asked.Remove(job.Id);
            }
        }
        return (ended.DrainToImmutable(), nowhere.DrainToImmutable());
    }
}
