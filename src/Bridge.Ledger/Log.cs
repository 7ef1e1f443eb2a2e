using Microsoft.Extensions.Logging;

namespace Bridge.Ledger;

internal static partial class Log
{
    [LoggerMessage(5001, LogLevel.Information, "Brought the ledger's schema forward by {Count} scripts")]
    public static partial void Migrated(this ILogger log, int count);

    [LoggerMessage(5002, LogLevel.Information, "The ledger stores again what is recorded")]
    public static partial void Available(this ILogger log);

    [LoggerMessage(5003, LogLevel.Warning, "The ledger could not be reached, {Queued} rows wait in memory: {Error}")]
    public static partial void Unavailable(this ILogger log, string error, int queued);

    [LoggerMessage(5004, LogLevel.Error, "The ledger refused {Row} and left it out: {Error}")]
    public static partial void RowRefused(this ILogger log, string row, string error);

    [LoggerMessage(5005, LogLevel.Error, "Stopped with {Queued} rows that did not reach the ledger: {Error}")]
    public static partial void LeftBehind(this ILogger log, int queued, string error);

    [LoggerMessage(5006, LogLevel.Error,
        "The ledger holds back {Limit} rows already: until they are stored, what Bridge does is not journalled, and "
        + "jobs are offered again: {Error}")]
    public static partial void Full(this ILogger log, int limit, string error);

    [LoggerMessage(5007, LogLevel.Warning,
        "The ledger has {Jobs} jobs from a newer leadership than {Token}, under which they were recorded: they stay as "
        + "they are")]
    public static partial void OlderLeadership(this ILogger log, long jobs, long token);
}
