using System.Diagnostics;

namespace Bridge.E2E.World;

/// <summary>What a command printed, and how it ended.</summary>
internal sealed record CommandResult(string Command, int Code, string Output, string Error)
{
    /// <summary>
    /// The output, without the end of its last line; a failed command fails the test with what it said.
    /// </summary>
    public string Ok()
    {
        Assert.True(Code == 0, $"'{Command}' ended with {Code}: {Error}{Output}");
        return Output.TrimEnd('\n');
    }
}

/// <summary>Runs commands to their end, never longer than they may take.</summary>
internal static class Shell
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(180);

    /// <param name="command">Program and arguments; no shell is between.</param>
    /// <param name="input">For its standard input.</param>
    /// <param name="environment">Added to this process's own.</param>
    public static async Task<CommandResult> RunAsync(
        IReadOnlyList<string> command, string input = "", IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        using var deadline = new CancellationTokenSource(Longest, TimeProvider.System);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"'{string.Join(' ', command)}' did not end in {Longest.TotalSeconds} s");
        }
        return new CommandResult(string.Join(' ', command), process.ExitCode, await output, await error);
    }
}
