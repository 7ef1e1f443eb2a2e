namespace Bridge.Node.Processes;

/// <summary>How a process ended.</summary>
public enum ProcessEnd
{
    Exited,

    /// <summary>It could not be started; Error says why.</summary>
    NotStarted,

    /// <summary>It ran past its deadline and was killed.</summary>
    TimedOut,

    /// <summary>The caller cancelled, and it was killed.</summary>
    Cancelled,
}

/// <summary>What a process did.</summary>
/// <param name="End">How it ended.</param>
/// <param name="ExitCode">Its exit code, 128 + signal when a signal ended it; null when it did not start or was killed
/// by the runner.</param>
/// <param name="Output">Standard output, as far as it was kept.</param>
/// <param name="Error">Standard error, as far as it was kept; for NotStarted the reason.</param>
/// <param name="Truncated">Whether more was written than kept.</param>
/// <param name="Duration">From start to the end of its output.</param>
public sealed record ProcessResult(
    ProcessEnd End, int? ExitCode, string Output, string Error, bool Truncated, TimeSpan Duration)
{
    public bool Succeeded => End == ProcessEnd.Exited && ExitCode == 0 && !Truncated;

    /// <summary>One sentence: what happened, with the first line of standard error.</summary>
    public string Describe()
    {
        var line = Error.AsSpan().Trim();
        var end = line.IndexOf('\n');
        var first = (end < 0 ? line : line[..end]).ToString();
        var what = End switch
        {
            ProcessEnd.NotStarted => "could not be started",
            ProcessEnd.TimedOut => $"did not end within {Duration.TotalSeconds:0.#} s and was killed",
            ProcessEnd.Cancelled => "was cancelled",
            _ when ExitCode != 0 => $"ended with {ExitCode}",
            _ when Truncated => "wrote more than is kept",
            _ => "succeeded",
        };
        return first.Length == 0 ? what : $"{what}: {first}";
    }
}
