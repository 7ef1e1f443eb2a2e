using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Bridge.Adapter.Tests.ApiServer;

/// <summary>Keeps what was logged.</summary>
internal sealed class SeenLogs(LogLevel lowest = LogLevel.Information) : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<string> messages = [];

    /// <summary>Everything, one message a line, with the exceptions.</summary>
    public string All => string.Join('\n', messages);

    public bool Seen(string part) => messages.Any(m => m.Contains(part, StringComparison.Ordinal));

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= lowest;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter) =>
        messages.Enqueue($"{formatter(state, exception)} {exception}".TrimEnd());

    public void Dispose()
    {
    }
}
