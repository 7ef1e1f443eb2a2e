using System.Collections.Immutable;
using System.Threading.Channels;
using Bridge.Control;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Bridge.Ledger;

/// <summary>
/// The ledger in PostgreSQL: the journal of what Bridge did and the jobs that Slurm ran. Recording never waits for the
/// database; what is recorded waits in memory, bounded, until <see cref="RunAsync"/> has stored it, over any restart of
/// PostgreSQL.
/// </summary>
public sealed class LedgerStore : IAsyncDisposable
{
    private static readonly TimeSpan LastStore = TimeSpan.FromSeconds(5);

    private readonly LedgerOptions options;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly NpgsqlDataSource database;
    private readonly PendingWrites pending;
    private readonly BatchWriter writer;
    private readonly LedgerQueries queries;
    private readonly Channel<bool> bell = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly TaskCompletionSource schema = NewSignal();
    private volatile bool full;
    private volatile LedgerState state;
    private volatile TaskCompletionSource stored = NewSignal();

    public LedgerStore(LedgerOptions options, TimeProvider time, ILogger<LedgerStore> log)
    {
        this.options = options;
        this.time = time;
        this.log = log;
        var builder = new NpgsqlSlimDataSourceBuilder(options.ConnectionString);
        builder.EnableArrays();
        builder.EnableTransportSecurity();
        database = builder.Build();
        pending = new PendingWrites(options.QueueLimit);
        writer = new BatchWriter(database, options.Writer, log);
        queries = new LedgerQueries(database, schema.Task, time);
        state = new LedgerState(false, time.GetUtcNow(), "", 0);
    }

    /// <summary>Whether what is recorded reaches PostgreSQL, and how much waits.</summary>
    public LedgerState State => state with { Queued = pending.Count };

    /// <summary>
    /// Records what was tried. A step that fails again in the same words, and was not done in between, is counted in
    /// the row of its first failure.
    /// </summary>
    /// <returns>Done when it is queued; Unavailable when the queue is full.</returns>
    public StepResult Record(ActionEntry entry) => Queued(pending.TryAdd(entry));

    /// <summary>
    /// Records what Slurm says of a job now. Safe to repeat; a state older than the stored one changes nothing, nor
    /// does an older leadership.
    /// </summary>
    /// <param name="cluster">Its SlurmCluster.</param>
    /// <param name="job">All that one read told of it.</param>
    /// <param name="fencingToken">Of the leadership at this moment, whenever it is stored.</param>
    /// <returns>Done when queued; Unavailable when the queue is full; Rejected when the job lacks what identifies
    /// it.</returns>
    public StepResult Record(string cluster, SlurmJob job, long fencingToken)
    {
        if (job.SubmitTime is not { } submitted)
            return StepResult.Rejected($"job {job.Id} has no submit time: a job is known by its id and submit time");
        if (job.State.Length == 0)
            return StepResult.Rejected($"job {job.Id} has no state");
        return Queued(pending.TryAdd(new JobRow(new JobKey(cluster, job.Id, submitted), job, fencingToken)));
    }

    /// <summary>
    /// All jobs that have not ended, however many, and of those that ended at <paramref name="endedAfter"/> or later
    /// the newest <paramref name="mostEnded"/>; newest end first. While the schema is being made it waits, for seconds.
    /// </summary>
    /// <exception cref="LedgerUnavailableException">PostgreSQL did not answer.</exception>
    public async Task<ImmutableArray<SlurmJob>> ReadJobsAsync(
        string cluster, DateTimeOffset endedAfter, int mostEnded, CancellationToken cancel)
    {
        var open = await queries.OpenJobsAsync(cluster, cancel);
        // In this order: what ends in between would else be in neither.
        var ended = await queries.EndedJobsAsync(cluster, endedAfter, mostEnded, cancel);
        return [.. open.ExceptBy(ended.Select(row => row.Key), row => row.Key).Concat(ended).Select(row => row.Job)];
    }

    /// <summary>The latest submission of one job; null when the ledger has none.</summary>
    /// <exception cref="LedgerUnavailableException">PostgreSQL did not answer.</exception>
    public async Task<SlurmJob?> ReadJobAsync(string cluster, JobId id, CancellationToken cancel) =>
        (await queries.JobAsync(cluster, id.Value, cancel))?.Job;

    /// <summary>The journal, what was tried last first. An empty key means all.</summary>
    /// <exception cref="LedgerUnavailableException">PostgreSQL did not answer.</exception>
    public Task<ImmutableArray<ActionEntry>> ReadActionsAsync(
        string cluster, string key, int limit, CancellationToken cancel) =>
        queries.ActionsAsync(cluster, key, limit, cancel);

    /// <summary>
    /// Deletes what is older than it is kept, in batches of <see cref="LedgerOptions.BatchSize"/>, as long as
    /// <paramref name="may"/> says so. Nothing before the schema is in place.
    /// </summary>
    /// <returns>How many rows of each table were deleted.</returns>
    /// <exception cref="LedgerUnavailableException">PostgreSQL did not answer.</exception>
    public async Task<(int Actions, int Jobs)> PruneAsync(
        LedgerRetention keep, Func<bool> may, CancellationToken cancel) =>
        schema.Task.IsCompleted
            ? await new LedgerPruner(database, options.BatchSize, time).PruneAsync(keep, may, cancel)
            : (0, 0);

    /// <summary>Waits until nothing is queued. The caller bounds the wait by <paramref name="cancel"/>.</summary>
    public async Task FlushAsync(CancellationToken cancel)
    {
        while (true)
        {
            var signal = stored;
            if (pending.Count == 0)
                return;
            await signal.Task.WaitAsync(cancel);
        }
    }

    /// <summary>
    /// Brings the schema forward, then stores what is recorded until cancelled, and then once more for what is left.
    /// One call per store.
    /// </summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        try
        {
            await StoreUntilCancelledAsync(cancel);
        }
        finally
        {
            // What was done is in the world already: its record outlives the wish to stop, for a bounded while.
            using var last = new CancellationTokenSource(LastStore, time);
            await StoreWhatIsLeftAsync(last.Token);
        }
    }

    private async Task StoreUntilCancelledAsync(CancellationToken cancel)
    {
        var pause = options.RetryFirst;
        while (true)
        {
            try
            {
                await CatchUpAsync(cancel);
                pause = options.RetryFirst;
                await bell.Reader.ReadAsync(cancel);
            }
            catch (Exception e) when (e is NpgsqlException or LedgerDriftException or TimeoutException)
            {
                Report(e.Message);
                await Task.Delay(pause, time, cancel);
                pause = pause * 2 < options.RetryCap ? pause * 2 : options.RetryCap;
            }
        }
    }

    private async Task StoreWhatIsLeftAsync(CancellationToken cancel)
    {
        try
        {
            await CatchUpAsync(cancel);
        }
        catch (Exception e)
            when (e is NpgsqlException or LedgerDriftException or TimeoutException or OperationCanceledException)
        {
            log.LeftBehind(pending.Count, e.Message);
        }
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    private async Task CatchUpAsync(CancellationToken cancel)
    {
        if (!schema.Task.IsCompleted)
        {
            var applied = await new Migrator(database, MigrationScript.Embedded()).ApplyAsync(cancel);
            schema.SetResult();
            if (applied > 0)
                log.Migrated(applied);
            Report("");
        }
        await StoreWaitingAsync(cancel);
    }

    private async Task StoreWaitingAsync(CancellationToken cancel)
    {
        while (pending.Take(options.BatchSize) is { IsEmpty: false } batch)
        {
            try
            {
                await writer.StoreAsync(batch, cancel);
                pending.Confirm();
            }
            catch (Exception)
            {
                pending.PutBack(batch);
                throw;
            }
            finally
            {
                Interlocked.Exchange(ref stored, NewSignal()).SetResult();
            }
            Report("");
        }
    }

    private StepResult Queued(bool accepted)
    {
        bell.Writer.TryWrite(true);
        if (!accepted && !full)
            log.Full(options.QueueLimit, state.Error);
        full = !accepted;
        return accepted
            ? StepResult.Done
            : StepResult.Unavailable(
                $"the ledger holds back {options.QueueLimit} rows already: {state.Error}", options.RetryCap);
    }

    private void Report(string error)
    {
        var before = state;
        var ready = error.Length == 0;
        if (before.Ready == ready && before.Error == error)
            return;
        state = new LedgerState(ready, before.Ready == ready ? before.Since : time.GetUtcNow(), error, 0);
        if (!ready)
            log.Unavailable(error, pending.Count);
        else
            log.Available();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
