using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Bridge.Adapter.Tests.Ledger;

/// <summary>
/// A real PostgreSQL of its own in a temporary folder, on a unix socket only. Can be stopped and started again on its
/// data.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private static readonly string? Binaries = Directory.Exists("/usr/lib/postgresql")
        ? Directory.GetDirectories("/usr/lib/postgresql").Select(d => d + "/bin")
            .FirstOrDefault(d => File.Exists(d + "/initdb"))
        : null;

    private readonly string folder = Directory.CreateTempSubdirectory("bridge-pg-").FullName;
    private int databases;
    private Process? server;

    private PostgresServer()
    {
    }

    public static async Task<PostgresServer> StartNewAsync(CancellationToken cancel)
    {
        Assert.False(Binaries is null, "no PostgreSQL server in /usr/lib/postgresql: apt-get install postgresql");
        var made = new PostgresServer();
        if (Environment.UserName == "root")
            await RunAsync("chown", ["postgres", made.folder], cancel);
        await RunAsync(
            Binaries + "/initdb", ["-D", made.folder + "/data", "-A", "trust", "-U", "postgres", "--no-sync"], cancel);
        await made.StartAsync(cancel);
        return made;
    }

    /// <summary>Makes an empty database and returns its connection string.</summary>
    public async Task<string> NewDatabaseAsync(CancellationToken cancel)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"t{Interlocked.Increment(ref databases)}");
        await using var source = NpgsqlDataSource.Create(Connection("postgres"));
        await using var command = source.CreateCommand($"create database {name}");
        await command.ExecuteNonQueryAsync(cancel);
        return Connection(name);
    }

    public async Task StartAsync(CancellationToken cancel)
    {
        server = Start(Binaries + "/postgres",
            ["-D", folder + "/data", "-c", "listen_addresses=", "-k", folder, "-c", "fsync=off"]);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        using var looks = new PeriodicTimer(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        while (!await AnswersAsync(limit.Token))
        {
            Assert.False(server.HasExited, "postgres ended at its start");
            await looks.WaitForNextTickAsync(limit.Token);
        }
    }

    /// <summary>Fast shutdown: open connections are cut.</summary>
    public async Task StopAsync(CancellationToken cancel)
    {
        if (server is null)
            return;
        var pid = (await File.ReadAllLinesAsync(folder + "/data/postmaster.pid", cancel))[0];
        await RunAsync("kill", ["-INT", pid], cancel);
        await server.WaitForExitAsync(cancel);
        server.Dispose();
        server = null;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        NpgsqlConnection.ClearAllPools();
        Directory.Delete(folder, true);
    }

    private string Connection(string database) =>
        $"Host={folder};Username=postgres;Database={database};Timeout=15;Maximum Pool Size=4";

    private async Task<bool> AnswersAsync(CancellationToken cancel)
    {
        try
        {
            await using var connection = new NpgsqlConnection(Connection("postgres") + ";Pooling=false");
            await connection.OpenAsync(cancel);
            return true;
        }
        catch (NpgsqlException)
        {
            cancel.ThrowIfCancellationRequested();
            return false;
        }
    }

    private static async Task RunAsync(string program, string[] arguments, CancellationToken cancel)
    {
        using var process = Start(program, arguments);
        await process.WaitForExitAsync(cancel);
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}");
    }

    /// <summary>PostgreSQL refuses to run as root, so its own programs run as postgres there.</summary>
    private static Process Start(string program, string[] arguments)
    {
        var asPostgres = Environment.UserName == "root" && program.StartsWith(Binaries!, StringComparison.Ordinal);
        var start = new ProcessStartInfo(asPostgres ? "setpriv" : program)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        string[] all = asPostgres
            ? ["--reuid=postgres", "--regid=postgres", "--clear-groups", program, .. arguments]
            : arguments;
        foreach (var argument in all)
            start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }
}
