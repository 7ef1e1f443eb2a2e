using System.Collections.Concurrent;
using System.Collections.Immutable;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.View;
using Bridge.Slurm.Rest;
using Bridge.Slurm.Wire.V0042;

namespace Bridge.Slurm.Reading;

/// <summary>
/// Keeps the jobs by the ladder: push (an id from a hook), bell (slurmctld's job counters), diff (all records as text
/// by Slurm's client, also when no bell rang, for suspensions, holds and priorities ring none; without
/// the client jobs/state and single GETs), record (accounting). The bulk list of jobs is never asked for: ten thousand
/// of them cost slurmrestd 6.4 GB that it keeps.
/// </summary>
internal sealed class JobReader(SlurmApi api, JobTextReader? text, ReadBudget budget, SlurmOptions options,
    ReadContext context)
{
    private const int SinglesAtMost = 200;

    // Even in debt a tick makes some progress: 8 single GETs are 20 ms.
    private const int SinglesAtLeast = 8;

    private const int SweptAtOnce = 20;

    // The answer about an array holds a record of every task, 8 to 12 kB each, and slurmrestd keeps the memory: that of
    // 10,000 would be a list in bulk by another name. When the tasks have ended they leave the controller in minutes.
    private const int TasksAtMost = 200;

    private const int QuietUpTo = 10_000;

    // A little less than two seconds, which is how often ticks come where nothing else is said.
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1.8);

    private static readonly TimeSpan WhileTasksEnd = TimeSpan.FromMinutes(1);

    private readonly KeptJobs jobs = new(context.Log);
    private readonly ConcurrentQueue<JobId> pushed = new();
    private readonly HashSet<JobId> heard = []; // pushed before this tick
    private readonly WantedJobs wanted = new(context.Clock, context.Log);
    private readonly LostJobs lost = new(api, budget, context.Clock);
    private Statistics? counters;
    private JobId swept;

    // Whether the last diff was the client's: one that fails is as good as none.
    private bool byText;
    private bool ringing = true;
    private long lastDiff;
    private HashSet<JobId> held = [];

    // Whether a diff was answered since the last failure.
    private bool told;

    public KeptSource<JobId, SlurmJob> Kept => jobs.Source;

    /// <inheritdoc cref="KeptJobs.Changes"/>
    public JobChanges Changes() => jobs.Changes();

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
        jobs.Source.Fail(reason);
    }

    /// <summary>
    /// One tick. Returns why Slurm does not answer at all, "" when it does: what fails for the jobs alone is in their
    /// state, and what fails for one job beside it and in the log.
    /// </summary>
    public async Task<string> ReadAsync(ServerProfile profile, CancellationToken cancel)
    {
        var asked = context.Clock.GetUtcNow();
        TakePushed();
        var sweep = !told || context.Clock.GetElapsedTime(lastDiff) >= options.Sweep;
        if (IsDue(sweep) && (!told || budget.Allows) && !await DiffAsync(profile, sweep, cancel))
            return await api.SilenceAsync(profile, cancel);
        WantHeard();
        if (!byText)
            foreach (var id in jobs.Unsettled)
                wanted.Add(id);
        if (await ReadWantedAsync(profile, cancel) is { Length: > 0 } silent)
            return silent;
        jobs.Expire(context.Clock.GetUtcNow(), options.KeepFinished, options.KeepFinishedAtMost);
        // After what expired: an end is in one view at least, however long ago it was.
        var (ended, nowhere) = await lost.AskAsync(profile, jobs.Find, cancel);
        foreach (var record in ended)
            jobs.Merge(record);
        foreach (var id in nowhere)
            jobs.Remove(id);
        jobs.Source.Leave(wanted.GivenUp.Select(id => id.ToString()));
        if (!ringing && wanted.Complete)
            jobs.Source.Confirm(asked);
        else if (jobs.Source.State.Error.Length > 0)
            jobs.Source.Fail("Slurm answers again; not every job has been read since");
        return "";
    }

    private void TakePushed()
    {
        while (pushed.TryDequeue(out var id))
            heard.Add(id);
        // With the client a hook brings the tick forward, no more: where the bell did not ring, a stranger spoke.
        // Without it some of what hooks tell would be seen by the next sweep only, such as another run of a job.
        ringing |= !byText && heard.Count > 0;
    }

    // Those whose hook was right and whom no read of all has brought since are read one by one, where reading all is so
    // dear that it comes seldom.
    private void WantHeard()
    {
        if (!byText || (ringing && text?.Lines.Count > QuietUpTo))
            foreach (var id in heard)
                wanted.Add(id);
        heard.Clear();
    }

    // Without a bell the client's reads are what finds suspensions and holds: every two seconds up to ten thousand
    // jobs, and from there on less often by the square of their number, so that an idle tick of a hundred thousand
    // costs less than one of ten thousand.
    private bool IsDue(bool sweep)
    {
        if (ringing || !told || text is null)
            return ringing || sweep;
        var size = Math.Max(1, (double)text.Lines.Count / QuietUpTo);
        return context.Clock.GetElapsedTime(lastDiff) >= Quiet * size * size;
    }

    private async Task<bool> DiffAsync(ServerProfile profile, bool sweep, CancellationToken cancel)
    {
        byText = text is not null && await DiffTextAsync(text, profile, cancel);
        if (!byText && !await DiffRestAsync(profile, sweep, cancel))
            return false;
        ringing = false;
        told = true;
        lastDiff = context.Clock.GetTimestamp();
        return true;
    }

    private void Miss(JobId id)
    {
        if (jobs.Find(id) is not { Finished: false } || wanted.IsDue(id))
            return;
        lost.Add(id);
        wanted.Answered(id);
    }

    private async Task<bool> DiffTextAsync(JobTextReader reader, ServerProfile profile, CancellationToken cancel)
    {
        if (await reader.ReadAsync(profile, cancel) is { Length: > 0 } problem)
        {
            if (problem != reader.Client.Problem)
                context.Log.TextUnusable("jobs", problem);
            return false; // REST says what is wrong, or reads instead
        }
        foreach (var job in reader.Lines.Changed)
        {
            jobs.Merge(job);
            lost.Found(job.Id);
        }
        foreach (var id in reader.Lines.Doubtful)
            Want(id, hold: !told);
        foreach (var id in reader.Lines.TakeGone())
            Miss(id);
        if (!told)
            foreach (var job in jobs.Content.Values.Where(j => !reader.Lines.Has(j.Id)))
                Miss(job.Id);
        return true;
    }

    private async Task<bool> DiffRestAsync(ServerProfile profile, bool sweep, CancellationToken cancel)
    {
        var reading = await api.JobStatesAsync(profile, cancel);
        budget.Spend(Rung.Diff, reading.Cost);
        if (reading is not Reading<JobStatesAnswer>.Known { Value: { Jobs: { } rows } answer })
        {
            Fail(reading.Problem.Length > 0 ? reading.Problem : "jobs/state answered without rows");
            return false;
        }
        // After a while without answers, and for jobs that an earlier Bridge knew: RUNNING may be of another run, on
        // other nodes.
        var doubtful = !told && context.Clock.GetUtcNow() - jobs.Source.State.Since > options.Sweep;
        var seen = new HashSet<JobId>();
        var whole = answer.Unread.Count == 0;
        foreach (var row in rows)
        {
            if (Translation.JobTranslation.ToModel(row) is not { } now)
            {
                whole = false;
                continue;
            }
            if (!seen.Add(now.Id))
                continue; // the pending tasks of an array are rows of one record
            var known = jobs.Find(now.Id);
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
        foreach (var job in jobs.Content.Values)
            if (seen.Contains(job.Id))
                lost.Found(job.Id);
            else if (whole) // a row that cannot be read could be of any job
                Miss(job.Id);
        held = seen;
        return true;
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
        var order = wanted.Due().OrderBy(id => jobs.Find(id) is { } job ? job.State == JobStates.Pending ? 2 : 1 : 0)
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
            budget.Spend(Rung.Push, reading.Cost);
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
            if (job.ArrayJobId is { } array && array != job.Id
                && (text?.Lines.Has(job.Id) == true || held.Contains(job.Id)))
                tasks[array] = tasks.GetValueOrDefault(array) + 1;
        return tasks;
    }

    private void Take(JobId id, Reading<ImmutableArray<SlurmJob>> reading)
    {
        var records = reading is Reading<ImmutableArray<SlurmJob>>.Known known ? known.Value : [];
        foreach (var record in records)
        {
            jobs.Merge(record);
            lost.Found(record.Id);
            wanted.Answered(record.Id);
        }
        wanted.Answered(id);
        // An array whose first task has left the controller still answers with the others.
        if (!records.Any(r => r.Id == id) && jobs.Find(id) is { Finished: false })
            lost.Add(id);
    }
}
