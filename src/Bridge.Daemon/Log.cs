using Microsoft.Extensions.Logging;

namespace Bridge.Daemon;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Bridge {Identity} started against {Server}, namespace {Namespace}")]
    public static partial void Starting(this ILogger log, string identity, string server, string @namespace);

    [LoggerMessage(2, LogLevel.Information, "Bridge {Identity} stopped")]
    public static partial void Stopped(this ILogger log, string identity);

    [LoggerMessage(3, LogLevel.Information, "Leading under {Token}")]
    public static partial void Leading(this ILogger log, string token);

    [LoggerMessage(4, LogLevel.Information, "Serving SlurmCluster {Cluster}: slurmrestd at {Url} as {User}")]
    public static partial void ClusterServed(this ILogger log, string cluster, string url, string user);

    [LoggerMessage(5, LogLevel.Information, "SlurmCluster {Cluster} is no longer served")]
    public static partial void ClusterLeft(this ILogger log, string cluster);

    [LoggerMessage(
        7, LogLevel.Warning, "Jobs of SlurmCluster {Cluster} that have ended cannot be read from the ledger: {Reason}")]
    public static partial void LedgerUnread(this ILogger log, string cluster, string reason);

    [LoggerMessage(13, LogLevel.Information,
        "Deleted {Actions} steps and {Jobs} jobs from the ledger, which were older than they are kept")]
    public static partial void LedgerPruned(this ILogger log, int actions, int jobs);

    [LoggerMessage(14, LogLevel.Warning, "What the ledger need not keep any more stays for now: {Reason}")]
    public static partial void LedgerUnpruned(this ILogger log, string reason);

    [LoggerMessage(10, LogLevel.Warning,
        "Whose certificate may name users to the job API cannot be read, an earlier answer holds: {Reason}")]
    public static partial void TrustUnread(this ILogger log, string reason);

    [LoggerMessage(12, LogLevel.Critical, "{Part} failed inside Bridge, which ends")]
    public static partial void PartFailed(this ILogger log, Exception exception, string part);

    [LoggerMessage(8, LogLevel.Error, "The term {Token} failed; another one is begun")]
    public static partial void TermFailed(this ILogger log, Exception exception, string token);
}
