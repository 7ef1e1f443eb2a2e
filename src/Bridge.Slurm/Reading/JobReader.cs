using System.Collections.Concurrent;
using System.Collections.Immutable;
using Bridge.Control.Ports;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Slurm.Rest;
using Bridge.Slurm.Text;
using Bridge.Slurm.Wire.V0042;

namespace Bridge.Slurm.Reading;

/// <summary>
/// Keeps the jobs by the ladder: push (an id from a hook), bell (slurmctld's job counters), diff (squeue, or jobs/state
/// and single GETs),
/// record (accounting). The bulk list of jobs is never asked for: ten thousand of them cost slurmrestd 6.4 GB that it
/// keeps.
/// </summary>
internal sealed class JobReader(SlurmApi api, SlurmTextClient? text, ReadBudget budget, SlurmOptions options,
    Surroundings around)
{
    private const int SinglesAtMost = 200;

    // Even in debt a tick makes some progress: 8 single GETs are 20 ms.
    private const int SinglesAtLeast = 8;

    private const int SweptAtOnce = 20;

    private readonly KeptSource<JobId,
        SlurmJob> jobs = new("jobs", j => j.Id, SameContent.Jobs, around.Clock, around.Log);
    private readonly ConcurrentQueue<JobId> pushed = new();
    private readonly HashSet<JobId> wanted = [];
    private readonly LostJobs lost = new(api, budget, around.Clock);
    private Statistics? counters;
    private JobId swept;
    private bool ringing = true;
    private long lastDiff;

    public KeptSource<JobId, SlurmJob> Kept => jobs;

    /// <summary>
    /// Jobs that were alive when they were last seen, by another reader: those that the controller does not know any
    /// more are asked of accounting. Before the first tick.
    /// </summary>
    public void Recall(IEnumerable<SlurmJob> living)
    {
        foreach (var job in living)
            jobs.Put(job);
    }

    /// <summary>A hook named this job: the next tick reads it. Safe from any thread.</summary>
    public void Notify(JobId id) => pushed.Enqueue(id);

    /// <summary>
    /// The bell. Counters move when a job is submitted, starts or ends; null (not told) rings always. Returns whether
    /// it rang.
    /// </summary>
    public bool Ring(Statistics? now)
    {
        var rang = now is null || now != counters;
        counters = now;
        ringing |= rang;
        return rang;
    }

    /// <summary>One tick. False when Slurm did not answer.</summary>
    public async Task<bool> ReadAsync(ServerProfile profile, CancellationToken cancel)
    {
        while (pushed.TryDequeue(out var id))
            wanted.Add(id);
        var sweep = !jobs.State.Current || around.Clock.GetElapsedTime(lastDiff) >= options.Sweep;
        if ((ringing || sweep) && (!jobs.State.Current || budget.Allows) && !await DiffAsync(profile, sweep, cancel))
            return false;
        foreach (var job in jobs.Content.Values)
            if (JobWords.IsUnsettled(job.Flags))
                wanted.Add(job.Id);
        if (!await ReadWantedAsync(profile, cancel))
            return false;
        jobs.Remove(JobMerge.Expired(jobs.Content.Values, around.Clock.GetUtcNow(), options.KeepFinished,
            options.KeepFinishedAtMost));
        // After what expired: an end is in one view at least, however long ago it was.
        var (ended, nowhere) = await lost.AskAsync(profile, jobs.Content, cancel);
        foreach (var record in ended)
            jobs.Put(JobMerge.Merge(Known(record.Id), record));
        jobs.Remove(nowhere);
        if (jobs.State.Synced && !ringing)
            jobs.Confirm();
        return true;
    }

    private async Task<bool> DiffAsync(ServerProfile profile, bool sweep, CancellationToken cancel)
    {
        var seen = text is null ? null : await DiffTextAsync(text, cancel);
        seen ??= await DiffRestAsync(profile, sweep, cancel);
        if (seen is null)
            return false;
        foreach (var job in jobs.Content.Values)
            if (seen.Contains(job.Id))
                lost.Found(job.Id);
            else if (!job.Finished && !wanted.Contains(job.Id))
                lost.Add(job.Id);
        ringing = false;
        lastDiff = around.Clock.GetTimestamp();
        jobs.Confirm();
        return true;
    }

    private async Task<HashSet<JobId>?> DiffTextAsync(SlurmTextClient client, CancellationToken cancel)
    {
        var answer = await client(JobText.Command, TimeSpan.FromSeconds(30), cancel);
        budget.Spend(answer.Elapsed);
        if (answer.Problem.Length > 0 || answer.ExitCode != 0)
            return null; // REST says what is wrong
        var (read, odd, problems) = JobText.Parse(answer.Output);
        if (problems is [var first, ..])
        {
            around.Log.RowsNotUnderstood(problems.Length, first);
            return null;
        }
        foreach (var job in read)
        {
            jobs.Put(JobMerge.Merge(Known(job.Id), WithKnownDetail(job)));
            if (NeedsDetail(jobs.Content[job.Id]))
                wanted.Add(job.Id);
        }
        wanted.UnionWith(odd);
        return [.. read.Select(j => j.Id), .. odd];
    }

    private async Task<HashSet<JobId>?> DiffRestAsync(ServerProfile profile, bool sweep, CancellationToken cancel)
    {
        var reading = await api.JobStatesAsync(profile, cancel);
        budget.Spend(reading.Cost);
        if (reading is not Reading<JobStatesAnswer>.Known { Value.Jobs: { } rows })
        {
            jobs.Fail(reading.Problem.Length > 0 ? reading.Problem : "jobs/state answered without rows");
            return null;
        }
        var seen = new HashSet<JobId>();
        foreach (var row in rows)
        {
            if (Translation.JobTranslation.ToModel(row) is not { } told || !seen.Add(told.Id))
                continue; // the pending tasks of an array are rows of one record
            var known = Known(told.Id);
            if (known is null)
                jobs.Put(new SlurmJob { Id = told.Id, State = told.State, Flags = told.Flags });
            if (known is null || known.State != told.State || !known.Flags.ToHashSet().SetEquals(told.Flags))
                wanted.Add(told.Id);
        }
        if (sweep)
            WantSome();
        return seen;
    }

    // Reasons, limits and priorities change without a bell: each sweep reads some living jobs again, in turn.
    private void WantSome()
    {
        var living = jobs.Content.Values.Where(j => !j.Finished && j.Id > swept);
        var chosen = living.Select(j => j.Id).Order().Take(SweptAtOnce).ToList();
        swept = default;
        foreach (var id in chosen)
        {
            wanted.Add(id);
            swept = id;
        }
    }

    private async Task<bool> ReadWantedAsync(ServerProfile profile, CancellationToken cancel)
    {
        var order = wanted.OrderBy(id => Known(id) is { } job ? job.State == JobStates.Pending ? 2 : 1 : 0)
            .ThenByDescending(id => id).ToList();
        var done = 0;
        foreach (var id in order)
        {
            if (done >= SinglesAtMost || (done >= SinglesAtLeast && !budget.Allows))
                break;
            var reading = await api.JobAsync(profile, id, cancel);
            budget.Spend(reading.Cost);
            if (reading is Reading<ImmutableArray<SlurmJob>>.Unknown unknown)
            {
                jobs.Fail(unknown.Reason);
                return false;
            }
            done++;
            wanted.Remove(id);
            Take(id, reading);
        }
        return true;
    }

    private void Take(JobId id, Reading<ImmutableArray<SlurmJob>> reading)
    {
        if (reading is Reading<ImmutableArray<SlurmJob>>.Known { Value: var records })
            foreach (var record in records)
            {
                jobs.Put(JobMerge.Merge(Known(record.Id), record));
                lost.Found(record.Id);
            }
        else if (Known(id) is { Finished: false })
            lost.Add(id);
    }

    private SlurmJob? Known(JobId id) => jobs.Content.GetValueOrDefault(id);

    // squeue tells neither GPU indices nor exit codes nor restarts: what a single GET told stays while it is the same
    // run of the job.
    private SlurmJob WithKnownDetail(SlurmJob job)
    {
        if (Known(job.Id) is not { } old || old.SubmitTime != job.SubmitTime)
            return job;
        var sameRun = old.StartTime == job.StartTime;
        return job with
        {
            RestartCount = old.RestartCount,
            Gpus = sameRun && old.GresDetail.Length > 0 ? old.Gpus : job.Gpus,
            GresDetail = sameRun ? old.GresDetail : [],
            ExitCode = old.State == job.State ? old.ExitCode : null,
            ExitSignal = old.State == job.State ? old.ExitSignal : null,
        };
    }

    private static bool NeedsDetail(SlurmJob job) =>
        (job.Finished && job.ExitCode is null && job.ExitSignal is null)
        || (job is { State: JobStates.Running, Gpus: > 0 } && job.GresDetail.IsEmpty);
}
