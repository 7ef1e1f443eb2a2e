using Microsoft.Extensions.Logging;

namespace Bridge.Sim;

/// <summary>
/// The log of the loops. They survive whatever is thrown at them and log it: here that is a broken promise, or a bug.
/// </summary>
internal sealed class SimLog<T> : ILogger<T>
{
    private Exception? first;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
            first ??= exception ?? new SimFailure(formatter(state, exception));
    }

    /// <exception cref="SimFailure">An error was logged.</exception>
    public void Check()
    {
        if (first is not null)
            throw first as SimFailure ?? new SimFailure(first.ToString());
    }
}
