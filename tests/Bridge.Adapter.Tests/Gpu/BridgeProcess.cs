using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Bridge.Adapter.Tests.Gpu;

/// <summary>What a run of bridge printed, and its exit code.</summary>
internal sealed record BridgeResult(int Code, string Output, string Errors)
{
    /// <summary>The last line of output as JSON.</summary>
    public JsonElement Report => JsonElement.Parse(Output.TrimEnd().Split('\n')[^1]);

    public string Text(string key) => Report.TryGetProperty(key, out var value) ? value.ToString() : "";
}

/// <summary>bridge as the process that a user starts, with the fakes in its library path.</summary>
internal sealed class BridgeProcess : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly Process process;
    private readonly Task<string> errors;

    public BridgeProcess(IReadOnlyDictionary<string, string> variables, params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "bridge"), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["LD_LIBRARY_PATH"] = Path.Combine(FakeGpus.Folder, "lib");
        start.Environment["NCCL_SOCKET_IFNAME"] = "lo";
        foreach (var (name, value) in variables) start.Environment[name] = value;
        process = Process.Start(start) ?? throw new InvalidOperationException("bridge did not start");
        errors = process.StandardError.ReadToEndAsync();
    }

    public int Id => process.Id;

    public StreamReader Output => process.StandardOutput;

    public static async Task<BridgeResult> RunAsync(
        IReadOnlyDictionary<string, string> variables, params string[] arguments)
    {
        using var bridge = new BridgeProcess(variables, arguments);
        return await bridge.EndAsync();
    }

    /// <summary>Processes that a process has started.</summary>
    public static IEnumerable<int> Children(int parent) =>
        Directory.EnumerateDirectories($"/proc/{parent}/task")
            .SelectMany(t => File.ReadAllText(Path.Combine(t, "children")).Split(' '))
            .Where(t => t.Length > 0).Select(t => int.Parse(t, CultureInfo.InvariantCulture));

    /// <summary>Waits for the end and reads everything; fails with what was printed where it does not come.</summary>
    public async Task<BridgeResult> EndAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        var output = await Output.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        return new BridgeResult(process.ExitCode, output, await errors);
    }

    public void Dispose()
    {
        if (!process.HasExited) process.Kill(entireProcessTree: true);
        process.Dispose();
    }
}
