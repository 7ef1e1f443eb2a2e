using Microsoft.Extensions.Logging;

namespace Bridge.ApiServer;

/// <summary>The messages of this project. Event ids 8000 to 8099.</summary>
internal static partial class Log
{
    [LoggerMessage(8002, LogLevel.Information, "Serving certificate was read, valid until {NotAfter:O}")]
    public static partial void CertificateRead(ILogger log, DateTime notAfter);

    [LoggerMessage(8003, LogLevel.Warning, "Serving certificate could not be read again, the old one stayed: {Why}")]
    public static partial void CertificateKept(ILogger log, string why);

    [LoggerMessage(8010, LogLevel.Information, "Request {Method} {Path} was refused with 401: {Why}")]
    public static partial void Unauthorized(ILogger log, string method, string path, string why);

    [LoggerMessage(8011, LogLevel.Warning, "Authorization of {Verb} {Resource} for {User} was not decided: {Why}")]
    public static partial void Undecided(ILogger log, string verb, string resource, string user, string why);

    [LoggerMessage(8012, LogLevel.Information, "Watch of {Resource} by {User} was {Behind} changes behind and was cut")]
    public static partial void WatchFellBehind(ILogger log, string resource, string user, ulong behind);

    [LoggerMessage(8013, LogLevel.Information, "Watch of {Resource} by {User} was not read for a minute and was ended")]
    public static partial void WatchStoodStill(ILogger log, string resource, string user);
}
