using Microsoft.Extensions.Logging;
using Npgsql;

namespace Bridge.Ledger;

/// <summary>Stores batches: one transaction each, harmless when repeated.</summary>
internal sealed class BatchWriter(NpgsqlDataSource database, string writer, ILogger log)
{
    private const string InsertActions = """
        insert into action (writer, sequence, at, cluster, key, kind, about, why, result, detail, fencing_token, tries, last_at)
        select $1, * from unnest($2::bigint[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                                 $9::text[], $10::text[], $11::bigint[], $12::integer[], $13::timestamptz[])
        on conflict (writer, sequence) do update set tries = excluded.tries, last_at = excluded.last_at
        where excluded.tries > action.tries
        """;

    private long? toldOf;

    /// <summary>
    /// Stores the batch, or throws an <see cref="NpgsqlException"/> when PostgreSQL is away. A row that the database
    /// itself refuses is logged and left out: it would be refused for ever and hold up all others.
    /// </summary>
    public async Task StoreAsync(WriteBatch batch, CancellationToken cancel)
    {
        try
        {
            await StoreWholeAsync(batch, cancel);
        }
        catch (PostgresException e) when (RefusesData(e) && batch.Count == 1)
        {
            log.RowRefused(batch.ToString(), e.MessageText);
        }
        catch (PostgresException e) when (RefusesData(e))
        {
            foreach (var single in batch.Split())
                await StoreAsync(single, cancel);
        }
    }

    /// <summary>
    /// Classes 22 (data exception) and 23 (integrity constraint) of the PostgreSQL manual, appendix A.
    /// </summary>
    private static bool RefusesData(PostgresException e) =>
        e.SqlState.StartsWith("22", StringComparison.Ordinal) || e.SqlState.StartsWith("23", StringComparison.Ordinal);

    private async Task StoreWholeAsync(WriteBatch batch, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (batch.Jobs.Count > 0)
        {
            await using var command = new NpgsqlCommand(JobColumns.Upsert, connection);
            command.Parameters.AddRange(JobColumns.Parameters(batch.Jobs).ToArray());
            Report((long)(await command.ExecuteScalarAsync(cancel))!, batch.Jobs);
        }
        if (batch.Actions.Count > 0)
        {
            await using var command = new NpgsqlCommand(InsertActions, connection);
            command.Parameters.AddRange(ActionParameters(batch.Actions).ToArray());
            await command.ExecuteNonQueryAsync(cancel);
        }
        await transaction.CommitAsync(cancel);
    }

    // Once for a leadership: while one lasts, it would be told with every batch.
    private void Report(long refused, IReadOnlyList<JobRow> jobs)
    {
        var token = jobs.Max(job => job.FencingToken);
        if (refused == 0 || token == toldOf)
            return;
        toldOf = token;
        log.OlderLeadership(refused, token);
    }

    private IEnumerable<NpgsqlParameter> ActionParameters(IReadOnlyList<JournalRow> rows)
    {
        yield return new NpgsqlParameter<string> { TypedValue = writer };
        yield return Array(rows, row => row.Sequence);
        yield return Array(rows, row => row.Entry.At.ToUniversalTime());
        yield return Array(rows, row => row.Entry.Cluster);
        yield return Array(rows, row => row.Entry.Key);
        yield return Array(rows, row => row.Entry.Kind);
        yield return Array(rows, row => row.Entry.About);
        yield return Array(rows, row => row.Entry.Why.Replace('\0', '\uFFFD'));
        yield return Array(rows, row => row.Entry.Result);
        yield return Array(rows, row => row.Entry.Detail.Replace('\0', '\uFFFD'));
        yield return Array(rows, row => row.Entry.FencingToken);
        yield return Array(rows, row => row.Entry.Tries);
        yield return Array(rows, row => row.Entry.LastAt?.ToUniversalTime());
    }

    private static NpgsqlParameter<T[]> Array<T>(IReadOnlyList<JournalRow> rows, Func<JournalRow, T> value) =>
        new() { TypedValue = [.. rows.Select(value)] };
}
