using Npgsql;

namespace Bridge.Ledger;

/// <summary>
/// Brings a database forward, one transaction per script, under an advisory lock so that two Bridges that start
/// together do it once. Scripts that were applied must still have the checksum they had.
/// </summary>
public sealed class Migrator(NpgsqlDataSource database, IReadOnlyList<MigrationScript> scripts)
{
    /// <summary>Any fixed number will do; this one spells "bridge" in ASCII.</summary>
    private const long LockKey = 0x627269646765;

    private const string HistoryTable = """
        create table if not exists schema_history (
            version integer primary key, name text not null, checksum text not null, applied_at timestamptz not null default now())
        """;

    /// <returns>How many scripts were applied.</returns>
    /// <exception cref="LedgerDriftException">The database was made by other scripts, or by a newer Bridge.</exception>
    public async Task<int> ApplyAsync(CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await ExecuteAsync(connection, $"select pg_advisory_lock({LockKey})", cancel);
        try
        {
            await ExecuteAsync(connection, HistoryTable, cancel);
            var applied = await AppliedAsync(connection, cancel);
            Check(applied);
            foreach (var script in scripts.Skip(applied.Count))
                await ApplyAsync(connection, script, cancel);
            return scripts.Count - applied.Count;
        }
        finally
        {
            // Not cancellable: a pooled connection that keeps the lock would stop every other Bridge.
            await ExecuteAsync(connection, $"select pg_advisory_unlock({LockKey})", CancellationToken.None);
        }
    }

    private static async Task ApplyAsync(NpgsqlConnection connection, MigrationScript script, CancellationToken cancel)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await ExecuteAsync(connection, script.Sql, cancel);
        await using var insert = new NpgsqlCommand(
            "insert into schema_history (version, name, checksum) values ($1, $2, $3)", connection);
        insert.Parameters.Add(new NpgsqlParameter<int> { TypedValue = script.Version });
        insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = script.Name });
        insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = script.Checksum });
        await insert.ExecuteNonQueryAsync(cancel);
        await transaction.CommitAsync(cancel);
    }

    private void Check(List<(int Version, string Name, string Checksum)> applied)
    {
        for (var i = 0; i < applied.Count; i++)
        {
            var (version, name, checksum) = applied[i];
            if (i >= scripts.Count)
                throw new LedgerDriftException(
                    $"the database has migration {version:000}_{name}, which this Bridge does not know: it was made "
                        + "by a newer one");
            var script = scripts[i];
            if (version != script.Version || name != script.Name)
                throw new LedgerDriftException(
                    $"the database has migration {version:000}_{name} where this Bridge has "
                        + $"{script.Version:000}_{script.Name}");
            if (checksum != script.Checksum)
                throw new LedgerDriftException(
                    $"migration {version:000}_{name} was applied with checksum {checksum[..12]}, this Bridge carries "
                    + $"{script.Checksum[..12]}: an applied script may not change, add a new one");
        }
    }

    private static async Task<List<(int Version, string Name, string Checksum)>> AppliedAsync(
        NpgsqlConnection connection, CancellationToken cancel)
    {
        var rows = new List<(int, string, string)>();
        await using var command = new NpgsqlCommand(
            "select version, name, checksum from schema_history order by version", connection);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            rows.Add((reader.GetInt32(0), reader.GetString(1), reader.GetString(2)));
        return rows;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancel);
    }
}
