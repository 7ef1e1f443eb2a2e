using Bridge.Slurm.Rest;
using Microsoft.Extensions.Logging;

namespace Bridge.Slurm;

/// <summary>What this adapter logs. Event ids 3000 to 3099.</summary>
internal static partial class Log
{
    [LoggerMessage(3001, LogLevel.Warning,
        "{Address} refused the token with HTTP {Status}; the key was read again and a new one minted")]
    public static partial void TokenRefused(this ILogger log, SlurmAddress address, int status);

    [LoggerMessage(3002, LogLevel.Information,
        "{Address} serves Slurm {Version} with {DataParser}; it can: {Capabilities}")]
    public static partial void Negotiated(
        this ILogger log, SlurmAddress address, string version, string dataParser,
            Core.View.SlurmCapabilities capabilities);

    [LoggerMessage(3003, LogLevel.Warning, "Slurm's {Source} could not be read: {Reason}")]
    public static partial void ReadFailed(this ILogger log, string source, string reason);

    [LoggerMessage(3004, LogLevel.Information, "Slurm's {Source} can be read again")]
    public static partial void ReadRecovered(this ILogger log, string source);

    [LoggerMessage(3005, LogLevel.Warning, "slurmrestd warned about a write of {What}: {Warning}")]
    public static partial void WriteWarned(this ILogger log, string what, string warning);

    [LoggerMessage(3006, LogLevel.Warning,
        "Some of Slurm's {Source} came in a form that is not understood; they stay as they were last read: {Names}")]
    public static partial void ObjectsUnread(this ILogger log, string source, string names);

    [LoggerMessage(3007, LogLevel.Warning, "Job {Job} could not be read; it is asked for again in {Rest}: {Reason}")]
    public static partial void JobUnread(this ILogger log, Core.Names.JobId job, string reason, TimeSpan rest);

    [LoggerMessage(3008, LogLevel.Warning, "Slurm's client could not be used to read the {What}: {Reason}")]
    public static partial void TextUnusable(this ILogger log, string what, string reason);
}
