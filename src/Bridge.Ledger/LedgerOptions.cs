using Npgsql;

namespace Bridge.Ledger;

/// <summary>How the ledger reaches PostgreSQL and how much it holds back while it cannot.</summary>
public sealed record LedgerOptions
{
    /// <summary>
    /// Npgsql connection string, such as <c>Host=/run/postgresql;Database=bridge;Username=bridge</c>.
    /// </summary>
    public required string ConnectionString { get; init; }

    /// <summary>
    /// Why a text is no connection string, without repeating it (it may hold a password); empty when it is one.
    /// </summary>
    public static string ProblemOf(string connectionString)
    {
        try
        {
            var parsed = new NpgsqlConnectionStringBuilder(connectionString);
            return string.IsNullOrEmpty(parsed.Host) ? "Host is missing" : "";
        }
        catch (ArgumentException)
        {
            // Its message quotes the keyword, which in a URL is everything before the first '=', password included.
            return "it is no list of KEYWORD=VALUE; a URL is not understood";
        }
    }

    /// <summary>
    /// Names this process in the journal. Unique per start of Bridge: pod name or host, process id and start time.
    /// </summary>
    public required string Writer { get; init; }

    /// <summary>
    /// Rows of each kind held in memory while PostgreSQL is away; at the limit new rows are answered Unavailable.
    /// </summary>
    public int QueueLimit { get; init; } = 100_000;

    /// <summary>Rows per transaction.</summary>
    public int BatchSize { get; init; } = 1_000;

    /// <summary>First pause after a failure; doubles up to <see cref="RetryCap"/>.</summary>
    public TimeSpan RetryFirst { get; init; } = TimeSpan.FromMilliseconds(200);

    public TimeSpan RetryCap { get; init; } = TimeSpan.FromSeconds(15);
}
