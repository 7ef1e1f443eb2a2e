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
/// and single GETs), record (accounting). The bulk list of jobs is never asked for: ten thousand of them cost
/// slurmrestd 6.4 GB that it keeps.
/// </summary>
internal sealed class JobReader(SlurmApi api, SlurmTextClient? text, ReadBudget budget, SlurmOptions options,
    Surroundings around)
{
    private const int SinglesAtMost = 200;

    // Even in debt a tick makes some progress: 8 single GETs are 20 ms.
    private const int SinglesAtLeast = 8;

    private const int SweptAtOnce = 20;

    // The answer about an array holds a record of every task, 8 to 12 kB each, and slurmrestd keeps the memory: that of
    // 10,000 would be a list in bulk by another name. When the tasks have ended they leave the controller in minutes.
    private const int TasksAtMost = 200;

    private static readonly TimeSpan WhileTasksEnd = TimeSpan.FromMinutes(1);

    private readonly KeptSource<JobId, SlurmJob> jobs = new("jobs", j => j.Id, SameContent.Jobs, around.Log);
    private readonly ConcurrentQueue<JobId> pushed = new();
    private readonly WantedJobs wanted = new(around.Clock, around.Log);
    private readonly LostJobs lost = new(api, budget, around.Clock);
    private Statistics? counters;
    private JobId swept;
    private bool ringing = true;
    private long lastDiff;
    private HashSet<JobId> held = [];

    // Whether a diff was answered since the last failure.
    private bool told;

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

    /// <summary>The jobs cannot be read, for this reason.</summary>
    public void Fail(string reason)
    {
        told = false;
        jobs.Fail(reason);
    }

    /// <summary>
    /// One tick. Returns why Slurm does not answer at all, "" when it does: what fails for the jobs alone is in their
    /// state, and what fails for one job in the log.
    /// </summary>
    public async Task<string> ReadAsync(ServerProfile profile, CancellationToken cancel)
    {
        var asked = around.Clock.GetUtcNow();
        while (pushed.TryDequeue(out var id))
            wanted.Add(id);
        var sweep = !told || around.Clock.GetElapsedTime(lastDiff) >= options.Sweep;
        if ((ringing || sweep) && (!told || budget.Allows) && !await DiffAsync(profile, sweep, cancel))
            return await api.SilenceAsync(profile, cancel);
        foreach (var job in jobs.Content.Values)
            if (JobWords.IsUnsettled(job.Flags))
                wanted.Add(job.Id);
        if (await ReadWantedAsync(profile, cancel) is { Length: > 0 } silent)
            return silent;
        jobs.Remove(JobMerge.Expired(jobs.Content.Values, around.Clock.GetUtcNow(), options.KeepFinished,
            options.KeepFinishedAtMost));
        // After what expired: an end is in one view at least, however long ago it was.
        var (ended, nowhere) = await lost.AskAsync(profile, jobs.Content, cancel);
        foreach (var record in ended)
            jobs.Put(JobMerge.Merge(Known(record.Id), record));
        jobs.Remove(nowhere);
        if (!ringing && wanted.Complete)
            jobs.Confirm(asked);
        else if (jobs.State.Error.Length > 0)
            jobs.Fail("Slurm answers again; not every job has been read since");
        return "";
    }

    private async Task<bool> DiffAsync(ServerProfile profile, bool sweep, CancellationToken cancel)
    {
        var seen = text is null ? null : await DiffTextAsync(text, cancel);
        seen ??= await DiffRestAsync(profile, sweep, cancel);
        if (seen is null)
            return false;
        foreach (var job in jobs.Content.Values)
            if (seen.Contains(job.Id))
            {
                lost.Found(job.Id);
            }
            else if (!job.Finished && !wanted.IsDue(job.Id))
            {
                lost.Add(job.Id);
                wanted.Answered(job.Id);
            }
        held = seen;
        ringing = false;
        told = true;
        lastDiff = around.Clock.GetTimestamp();
        return true;
    }

    private async Task<HashSet<JobId>?> DiffTextAsync(SlurmTextClient client, CancellationToken cancel)
    {
        var mark = JobText.NewMark();
        var answer = await client(JobText.Command(mark), TimeSpan.FromSeconds(30), cancel);
        budget.Spend(answer.Elapsed);
        if (answer.Problem.Length > 0 || answer.ExitCode != 0)
            return null; // REST says what is wrong
        var (read, odd, problems) = JobText.Parse(answer.Output, mark);
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
        foreach (var id in odd)
            Want(id, hold: !told);
        return [.. read.Select(j => j.Id), .. odd];
    }

    private async Task<HashSet<JobId>?> DiffRestAsync(ServerProfile profile, bool sweep, CancellationToken cancel)
    {
        var reading = await api.JobStatesAsync(profile, cancel);
        budget.Spend(reading.Cost);
        if (reading is not Reading<JobStatesAnswer>.Known { Value.Jobs: { } rows })
        {
            Fail(reading.Problem.Length > 0 ? reading.Problem : "jobs/state answered without rows");
            return null;
        }
        // After a while without answers, and for jobs that an earlier Bridge knew: RUNNING may be of another run, on
        // other nodes.
        var doubtful = !told && around.Clock.GetUtcNow() - jobs.State.Since > options.Sweep;
        var seen = new HashSet<JobId>();
        foreach (var row in rows)
        {
            if (Translation.JobTranslation.ToModel(row) is not { } now || !seen.Add(now.Id))
                continue; // the pending tasks of an array are rows of one record
            var known = Known(now.Id);
            if (known is null)
                jobs.Put(new SlurmJob { Id = now.Id, State = now.State, Flags = now.Flags });
            var moved = known?.State != now.State;
            if (moved || (doubtful && HasNodes(now.State)))
                Want(now.Id, hold: !told && (known is null || HasNodes(now.State)));
            else if (!known!.Flags.ToHashSet().SetEquals(now.Flags))
                wanted.Add(now.Id);
        }
        if (sweep)
            WantSome();
        return seen;
    }

    private static bool HasNodes(string state) => state != JobStates.Pending && !JobStates.IsFinal(state);

    private void Want(JobId id, bool hold)
    {
        if (hold)
            wanted.Await(id);
        else
            wanted.Add(id);
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

    // Why Slurm does not answer at all; "" when it does.
    private async Task<string> ReadWantedAsync(ServerProfile profile, CancellationToken cancel)
    {
        var order = wanted.Due().OrderBy(id => Known(id) is { } job ? job.State == JobStates.Pending ? 2 : 1 : 0)
            .ThenByDescending(id => id).ToList();
        var tasks = order.Count == 0 ? [] : HeldTasks();
        var done = 0;
        foreach (var id in order.Where(wanted.IsDue)) // some come along with others
        {
            if (done >= SinglesAtMost || (done >= SinglesAtLeast && !budget.Allows))
                break;
            if (tasks.TryGetValue(id, out var many) && many > TasksAtMost)
            {
                wanted.Unread(id, $"the controller holds {many} tasks of this array, and all come in one answer",
                    WhileTasksEnd);
                continue;
            }
            var reading = await api.JobAsync(profile, id, cancel);
            budget.Spend(reading.Cost);
            if (reading is Reading<ImmutableArray<SlurmJob>>.Unknown unknown)
            {
                if (await api.SilenceAsync(profile, cancel) is { Length: > 0 } silent)
                    return silent;
                // The next tick goes on with the others: whatever hangs here costs one deadline a tick.
                wanted.Unread(id, unknown.Reason);
                break;
            }
            done++;
            Take(id, reading);
        }
        return "";
    }

    // By array: the tasks that have a record of their own, as far as they were known when the tick began.
    private Dictionary<JobId, int> HeldTasks()
    {
        var tasks = new Dictionary<JobId, int>();
        foreach (var job in jobs.Content.Values)
            if (job.ArrayJobId is { } array && array != job.Id && held.Contains(job.Id))
                tasks[array] = tasks.GetValueOrDefault(array) + 1;
        return tasks;
    }

    private void Take(JobId id, Reading<ImmutableArray<SlurmJob>> reading)
    {
        var records = reading is Reading<ImmutableArray<SlurmJob>>.Known known ? known.Value : [];
        foreach (var record in records)
        {
            jobs.Put(JobMerge.Merge(Known(record.Id), record));
            lost.Found(record.Id);
            wanted.Answered(record.Id);
        }
        wanted.Answered(id);
        // An array whose first task has left the controller still answers with the others.
        if (!records.Any(r => r.Id == id) && Known(id) is { Finished: false })
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
