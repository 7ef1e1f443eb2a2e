using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Bridge.Daemon.Run;

/// <summary>How every verb logs: a line an event, with its time in UTC.</summary>
public static class ConsoleLog
{
    public static void Configure(ILoggingBuilder logging) => logging
        .AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
            console.ColorBehavior = LoggerColorBehavior.Disabled;
        })
        .AddFilter("Microsoft", LogLevel.Warning)
        // What fails at start or ends by a bug is said in one line by BridgeHost.
        .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
}
