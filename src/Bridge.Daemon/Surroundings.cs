using Microsoft.Extensions.Logging;

namespace Bridge.Daemon;

/// <summary>What every part of the daemon needs beside its own neighbours: the time, and where to log.</summary>
public sealed record Surroundings(TimeProvider Time, ILoggerFactory Logs);
