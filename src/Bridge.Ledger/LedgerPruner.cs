using Npgsql;

namespace Bridge.Ledger;

/// <summary>How long the ledger keeps its rows; null is for ever.</summary>
/// <param name="Actions">What Bridge did, since it was tried last.</param>
/// <param name="EndedJobs">Jobs, since they ended. One that has not ended is kept.</param>
public sealed record LedgerRetention(TimeSpan? Actions, TimeSpan? EndedJobs);

/// <summary>Deletes what is older than it is kept, in batches: each is a transaction of its own.</summary>
internal sealed class LedgerPruner(NpgsqlDataSource database, int batchSize, TimeProvider time)
{
    // The older of two clocks decides: one that is set forward must not take the journal with it.
    private const string Actions = """
        delete from action using (
            select writer, sequence from action where coalesce(last_at, at) < least($1, now()) - $2
            order by coalesce(last_at, at) limit $3 for update skip locked) as old
        where action.writer = old.writer and action.sequence = old.sequence
        """;

    private const string Jobs = """
        delete from job using (
            select cluster, job_id, submit_time from job
            where state_rank = 2 and coalesce(end_time, changed_at) < least($1, now()) - $2
            order by coalesce(end_time, changed_at) limit $3 for update skip locked) as old
        where job.cluster = old.cluster and job.job_id = old.job_id and job.submit_time = old.submit_time
        """;

    /// <summary>Goes on until nothing is too old, or it may not any more: that is asked before each batch.</summary>
    /// <returns>How many rows of each table were deleted.</returns>
    /// <exception cref="LedgerUnavailableException">PostgreSQL did not answer.</exception>
    public async Task<(int Actions, int Jobs)> PruneAsync(
        LedgerRetention keep, Func<bool> may, CancellationToken cancel)
    {
        try
        {
            return (await DeleteAsync(Actions, keep.Actions, may, cancel),
                await DeleteAsync(Jobs, keep.EndedJobs, may, cancel));
        }
        catch (NpgsqlException e)
        {
            throw new LedgerUnavailableException($"old rows cannot be deleted: {e.Message}", e);
        }
    }

    private async Task<int> DeleteAsync(string sql, TimeSpan? keep, Func<bool> may, CancellationToken cancel)
    {
        var (all, last) = (0, batchSize);
        while (keep is { } age && last == batchSize && may())
        {
            await using var command = database.CreateCommand(sql);
            command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = time.GetUtcNow() });
            command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = age });
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = batchSize });
            last = await command.ExecuteNonQueryAsync(cancel);
            all += last;
        }
        return all;
    }
}
