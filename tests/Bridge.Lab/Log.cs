using Microsoft.Extensions.Logging;

namespace Bridge.Lab;

internal static partial class Log
{
    [LoggerMessage(9001, LogLevel.Information, "Scheduler: {What}")]
    public static partial void Decided(this ILogger log, string what);

    [LoggerMessage(9002, LogLevel.Information, "Scheduler could not yet {What}: {Result}")]
    public static partial void DecisionFailed(this ILogger log, string what, string result);

    [LoggerMessage(9010, LogLevel.Information, "Started pod {Pod} of node {Node} at {Address}")]
    public static partial void PodStarted(this ILogger log, string pod, string node, string address);

    [LoggerMessage(9011, LogLevel.Information, "The process of pod {Pod} ended with {ExitCode}")]
    public static partial void PodEnded(this ILogger log, string pod, int exitCode);

    [LoggerMessage(9012, LogLevel.Warning, "The status of pod {Pod} was not written: {Reason}")]
    public static partial void ReportFailed(this ILogger log, string pod, string reason);

    [LoggerMessage(9013, LogLevel.Warning, "A node's heartbeat failed: {Failure}")]
    public static partial void HeartbeatFailed(this ILogger log, string failure);

    [LoggerMessage(9014, LogLevel.Information, "Serves container logs on port {Port}")]
    public static partial void LogsServed(this ILogger log, int port);
}
