using Microsoft.Extensions.Logging;

namespace Bridge.Control;

internal static partial class Log
{
    [LoggerMessage(100, LogLevel.Information, "{Kind}: {Why}")]
    public static partial void StepDone(this ILogger log, string kind, string why);

    [LoggerMessage(101, LogLevel.Debug, "Wrote {Key}: {Why}")]
    public static partial void StatusWritten(this ILogger log, string key, string why);

    [LoggerMessage(102, LogLevel.Information, "Not done, to be planned again: {Why} ({Reason})")]
    public static partial void StepConflicted(this ILogger log, string why, string reason);

    [LoggerMessage(103, LogLevel.Warning, "Not done, outcome unknown, to be tried again: {Why} ({Reason})")]
    public static partial void StepUnavailable(this ILogger log, string why, string reason);

    [LoggerMessage(104, LogLevel.Warning, "Refused: {Why} ({Reason})")]
    public static partial void StepRejected(this ILogger log, string why, string reason);

    [LoggerMessage(105, LogLevel.Error, "The loop of {Cluster} failed and is started again")]
    public static partial void LoopFailed(this ILogger log, Exception exception, string cluster);
}
