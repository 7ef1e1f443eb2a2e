using Microsoft.Extensions.Logging;

namespace Bridge.Lab;

internal static partial class Log
{
    [LoggerMessage(9001, LogLevel.Information, "Scheduler: {What}")]
    public static partial void Decided(this ILogger log, string what);

    [LoggerMessage(9002, LogLevel.Information, "Scheduler could not yet {What}: {Result}")]
    public static partial void DecisionFailed(this ILogger log, string what, string result);
}
