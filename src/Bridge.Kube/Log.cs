using Microsoft.Extensions.Logging;

namespace Bridge.Kube;

internal static partial class Log
{
    [LoggerMessage(2001, LogLevel.Information, "Listed {Kind}: {Count} objects")]
    public static partial void Listed(ILogger log, string kind, int count);

    [LoggerMessage(2002, LogLevel.Information, "The watch of {Kind} was resumed")]
    public static partial void WatchResumed(ILogger log, string kind);

    [LoggerMessage(2003, LogLevel.Warning, "Reading {Kind} failed (HTTP {Code}): {Why}; the last content is kept")]
    public static partial void ReadFailed(ILogger log, string kind, int code, string why);

    [LoggerMessage(2004, LogLevel.Information, "Streaming lists of {Kind} were refused, listing in pages: {Why}")]
    public static partial void StreamingListRefused(ILogger log, string kind, string why);

    [LoggerMessage(2005, LogLevel.Warning, "The event {Reason} on {About} was not recorded: {Result}")]
    public static partial void EventLost(ILogger log, string reason, string about, string? result);

    [LoggerMessage(2006, LogLevel.Warning, "{Count} events were not recorded: more than {Most} waited to be sent")]
    public static partial void EventsDropped(ILogger log, int count, int most);

    [LoggerMessage(2010, LogLevel.Information, "{Identity} acquired the lease {Lease} with fencing token {Token}")]
    public static partial void LeaseAcquired(ILogger log, string identity, string lease, string token);

    [LoggerMessage(2011, LogLevel.Warning, "{Identity} lost the lease {Lease}: {Why}")]
    public static partial void LeaseLost(ILogger log, string identity, string lease, string why);

    [LoggerMessage(2012, LogLevel.Information, "{Identity} released the lease {Lease}")]
    public static partial void LeaseReleased(ILogger log, string identity, string lease);

    [LoggerMessage(2013, LogLevel.Warning, "{Identity} got no answer about the lease {Lease}: {Why}")]
    public static partial void LeaseUnanswered(ILogger log, string identity, string lease, string why);

    [LoggerMessage(2014, LogLevel.Information, "The lease {Lease} is held by {Holder}; {Identity} waits")]
    public static partial void LeaseHeldByOther(ILogger log, string lease, string holder, string identity);
}
