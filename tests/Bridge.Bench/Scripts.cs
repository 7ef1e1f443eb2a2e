using System.Collections.Immutable;
using Bridge.Node.Processes;

namespace Bridge.Bench;

/// <summary>The repository's own scripts, which make the labs that benches measure.</summary>
internal static class Scripts
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    public static string Repository { get; } = FindRepository();

    public static string LabFolder(string name) =>
        Path.Combine(Environment.GetEnvironmentVariable("BRIDGE_LAB") ?? "/var/tmp/bridge-lab", name);

    /// <summary>What a lab says of itself: addresses, files, commands.</summary>
    public static Dictionary<string, string> LabEnvironment(string folder) =>
        File.ReadAllLines(Path.Combine(folder, "env")).Select(l => l.Split('=', 2)).ToDictionary(p => p[0], p => p[1]);

    public static Task<string> RunAsync(string script, params string[] arguments)
    {
        Console.Error.WriteLine($"bench: scripts/{script} {string.Join(' ', arguments)}");
        return CommandAsync([Path.Combine(Repository, "scripts", script), .. arguments]);
    }

    /// <summary>Runs a command to its end and gives its output; one that fails ends the bench.</summary>
    /// <exception cref="InvalidOperationException">With what it said.</exception>
    public static async Task<string> CommandAsync(
        ImmutableArray<string> command, IReadOnlyDictionary<string, string>? environment = null)
    {
        var request = new ProcessRequest
        {
            Command = command,
            Deadline = Longest,
            Environment = (environment ?? ImmutableDictionary<string, string>.Empty).ToImmutableDictionary(),
        };
        request = request with
        {
            Inherited = [.. request.Inherited, "BRIDGE_LAB", "BRIDGE_CACHE", "BRIDGE_SLURM_ROOTFS", "DOTNET_ROOT"],
        };
        var result = await ProcessRunner.RunAsync(request, TimeProvider.System, CancellationToken.None);
        return result.Succeeded ? result.Output
            : throw new InvalidOperationException($"{command[0]} {result.Describe()}: {result.Output}{result.Error}");
    }

    /// <summary>Lets what is measured go on for so long.</summary>
    public static async Task MeasureForAsync(TimeSpan span)
    {
        using var timer = new PeriodicTimer(span, TimeProvider.System);
        await timer.WaitForNextTickAsync();
    }

    private static string FindRepository()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "Bridge.sln")))
            at = at.Parent;
        return at?.FullName ?? throw new InvalidOperationException("Bridge.sln is not above the benches");
    }
}
