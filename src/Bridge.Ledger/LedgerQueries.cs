using System.Collections.Immutable;
using Npgsql;

namespace Bridge.Ledger;

/// <summary>What Bridge asks of the ledger. All but the jobs that have not ended is bounded by the caller's limit.
/// </summary>
/// <param name="database">PostgreSQL.</param>
/// <param name="schema">Done when the schema is in place.</param>
/// <param name="time">The clock.</param>
internal sealed class LedgerQueries(NpgsqlDataSource database, Task schema, TimeProvider time)
{
    private static readonly TimeSpan SchemaPatience = TimeSpan.FromSeconds(5);

    private static readonly string OpenJobs =
        $"select {JobColumns.Names} from job where cluster = $1 and state_rank < 2 order by job_id desc";

    private static readonly string EndedJobs =
        $"""
         select {JobColumns.Names} from job
         where cluster = $1 and state_rank = 2 and (end_time >= $2 or (end_time is null and changed_at >= $2))
         order by end_time desc nulls last, job_id desc limit $3
         """;

    private static readonly string OneJob =
        $"select {JobColumns.Names} from job where cluster = $1 and job_id = $2 order by submit_time desc limit 1";

    private const string Actions = """
        select at, cluster, key, kind, about, why, result, detail, fencing_token, tries, last_at from action
        where cluster = $1 and ($2 = '' or key = $2) order by coalesce(last_at, at) desc, sequence desc limit $3
        """;

    public Task<ImmutableArray<JobRow>> OpenJobsAsync(string cluster, CancellationToken cancel) =>
        ReadAsync(OpenJobs, [Text(cluster)], JobRowReader.Read, cancel);

    public Task<ImmutableArray<JobRow>> EndedJobsAsync(
        string cluster, DateTimeOffset endedAfter, int limit, CancellationToken cancel) =>
        ReadAsync(EndedJobs, [Text(cluster), Time(endedAfter), Number(limit)], JobRowReader.Read, cancel);

    public async Task<JobRow?> JobAsync(string cluster, long id, CancellationToken cancel)
    {
        var rows = await ReadAsync(
            OneJob, [Text(cluster), new NpgsqlParameter<long> { TypedValue = id }], JobRowReader.Read, cancel);
        return rows.FirstOrDefault();
    }

    public Task<ImmutableArray<ActionEntry>> ActionsAsync(
        string cluster, string key, int limit, CancellationToken cancel) =>
        ReadAsync(Actions, [Text(cluster), Text(key), Number(limit)], ReadAction, cancel);

    private static ActionEntry ReadAction(NpgsqlDataReader row) =>
        new()
        {
            At = row.GetFieldValue<DateTimeOffset>(0),
            Cluster = row.GetString(1),
            Key = row.GetString(2),
            Kind = row.GetString(3),
            About = row.GetString(4),
            Why = row.GetString(5),
            Result = row.GetString(6),
            Detail = row.GetString(7),
            FencingToken = row.GetInt64(8),
            Tries = row.GetInt32(9),
            LastAt = row.IsDBNull(10) ? null : row.GetFieldValue<DateTimeOffset>(10),
        };

    private async Task<ImmutableArray<T>> ReadAsync<T>(
        string sql, NpgsqlParameter[] parameters, Func<NpgsqlDataReader, T> read, CancellationToken cancel)
    {
        try
        {
            return await ReadOnceAsync(sql, parameters, read, cancel);
        }
        catch (PostgresException e) when (IsOfOldSchema(e) && !schema.IsCompleted)
        {
            // Who reads first may be earlier than the scripts that make what is read.
            return await WhenReadyAsync(() => ReadOnceAsync(sql, parameters, read, cancel), e, cancel);
        }
        catch (NpgsqlException e)
        {
            throw Unread(e);
        }
    }

    private async Task<T> WhenReadyAsync<T>(Func<Task<T>> again, PostgresException before, CancellationToken cancel)
    {
        try
        {
            await schema.WaitAsync(SchemaPatience, time, cancel);
            return await again();
        }
        catch (TimeoutException)
        {
            throw Unread(before);
        }
        catch (NpgsqlException e)
        {
            throw Unread(e);
        }
    }

    private async Task<ImmutableArray<T>> ReadOnceAsync<T>(
        string sql, NpgsqlParameter[] parameters, Func<NpgsqlDataReader, T> read, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var command = new NpgsqlCommand(sql, connection);
        // A parameter belongs to one command.
        command.Parameters.AddRange(parameters.Select(p => p.Clone()).ToArray());
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = ImmutableArray.CreateBuilder<T>();
        while (await reader.ReadAsync(cancel))
            rows.Add(read(reader));
        return rows.ToImmutable();
    }

    /// <summary>undefined_table and undefined_column of the PostgreSQL manual, appendix A.</summary>
    private static bool IsOfOldSchema(PostgresException e) =>
        e.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn;

    private static LedgerUnavailableException Unread(NpgsqlException e) =>
        new($"the ledger cannot be read: {e.Message}", e);

    private static NpgsqlParameter<string> Text(string value) => new() { TypedValue = value };

    private static NpgsqlParameter<int> Number(int value) => new() { TypedValue = value };

    private static NpgsqlParameter<DateTimeOffset> Time(DateTimeOffset value) =>
        new() { TypedValue = value.ToUniversalTime() };
}
