using Npgsql;

namespace Bridge.Adapter.Tests.Ledger;

/// <summary>
/// One way to a PostgreSQL, which can be shut while others stay open: what a network does that is cut between one
/// Bridge and the database.
/// </summary>
internal sealed class PostgresDoor : IDisposable
{
    private const string Socket = ".s.PGSQL.5432";

    private readonly string folder = Directory.CreateTempSubdirectory("bridge-door-").FullName;
    private readonly string behind;
    private readonly string elsewhere;

    /// <param name="connection">That of a database, on a unix socket.</param>
    public PostgresDoor(string connection)
    {
        elsewhere = connection;
        var builder = new NpgsqlConnectionStringBuilder(connection);
        behind = Path.Combine(builder.Host!, Socket);
        builder.Host = folder;
        builder.ApplicationName = Path.GetFileName(folder);
        Connection = builder.ConnectionString;
        Open();
    }

    /// <summary>The same database, through this door.</summary>
    public string Connection { get; }

    public void Open() => File.CreateSymbolicLink(Path.Combine(folder, Socket), behind);

    /// <summary>Nobody comes in any more, and who is inside is cut off.</summary>
    public async Task ShutAsync(CancellationToken cancel)
    {
        File.Delete(Path.Combine(folder, Socket));
        await using var source = NpgsqlDataSource.Create(elsewhere);
        await using var cut = source.CreateCommand(
            "select count(pg_terminate_backend(pid, 10000)) from pg_stat_activity where application_name = $1");
        cut.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Path.GetFileName(folder) });
        await cut.ExecuteScalarAsync(cancel);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
