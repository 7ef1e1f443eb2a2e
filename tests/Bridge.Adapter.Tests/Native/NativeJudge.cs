using System.Diagnostics;

namespace Bridge.Adapter.Tests.Native;

/// <summary>
/// Runs <c>scripts/native-judge</c>: real libraries and a real slurmd judge the fakes. The script fetches what it needs
/// and names the command to install what is missing; nothing is skipped.
/// </summary>
internal static class NativeJudge
{
    // The first run downloads 100 MB.
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);

    /// <summary>Standard output and standard error of the script, which must succeed.</summary>
    public static async Task<string[]> AskAsync(params string[] arguments)
    {
        var cancel = TestContext.Current.CancellationToken;
        var start = new ProcessStartInfo(Path.Combine(Repository(), "scripts", "native-judge"), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        using var process = Process.Start(start) ?? throw new InvalidOperationException("native-judge did not start");
        process.StandardInput.Close();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(Deadline);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
            var errors = process.StandardError.ReadToEndAsync(deadline.Token);
            await process.WaitForExitAsync(deadline.Token);
            var command = $"scripts/native-judge {string.Join(' ', arguments)}";
            Assert.True(process.ExitCode == 0,
                $"{command} ended with {process.ExitCode}:\n{await output}\n{await errors}");
            return (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>A state file for the fake NVML, deleted with the value.</summary>
    public static StateFile State(string text) => new(text);

    private static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Bridge.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("the tests do not run inside the repository");
    }

    internal sealed class StateFile : IDisposable
    {
        public StateFile(string text)
        {
            Path = System.IO.Path.GetTempFileName();
            File.WriteAllText(Path, text);
        }

        public string Path { get; }

        public void Dispose() => File.Delete(Path);
    }
}
