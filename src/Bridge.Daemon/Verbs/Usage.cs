namespace Bridge.Daemon.Verbs;

/// <summary>
/// How verbs say that they were called wrongly: every mistake at once, on standard error, exit code 2.
/// </summary>
public static class Usage
{
    public static int Fail(IReadOnlyList<string> problems)
    {
        foreach (var problem in problems)
            Console.Error.WriteLine($"bridge: {problem}");
        return ExitCodes.Usage;
    }
}
