using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Bridge.E2E.World;

/// <summary>One process of the bridge program, or of the lab's, its output in a file.</summary>
internal sealed partial class BridgeProcess : IAsyncDisposable
{
    private static int Ports = Environment.ProcessId;

    private readonly Process process;
    private readonly string logFile;

    private BridgeProcess(Process process, string name, string logFile)
    {
        this.process = process;
        this.logFile = logFile;
        Name = name;
    }

    public string Name { get; }

    public int Id => process.Id;

    /// <summary>Where it serves jobs, behind the lab's one address for all replicas.</summary>
    public IPEndPoint JobApi { get; set; } = new(IPAddress.None, 0);

    /// <summary>Where it says how it stands.</summary>
    public IPEndPoint Metrics { get; set; } = new(IPAddress.None, 0);

    public bool Running => !process.HasExited;

    public string Log => File.Exists(logFile) ? File.ReadAllText(logFile) : "";

    /// <summary>
    /// What it did, by its own account: kind and sentence of every step, in order. Statuses and conditions do not
    /// count.
    /// </summary>
    public IReadOnlyList<string> Steps => [.. Step().Matches(Log).Select(m => m.Groups["step"].Value)];

    /// <summary>Its lines of level Error and Critical.</summary>
    public IReadOnlyList<string> Errors => [.. Log.Split('\n').Where(l => Error().IsMatch(l))];

    /// <summary>Whether it says that it leads.</summary>
    public bool Leads => Log.Contains(" acquired the lease ", StringComparison.Ordinal);

    /// <param name="name">For the log's name; the identity of a daemon.</param>
    /// <param name="logFile">Begins anew.</param>
    /// <param name="arguments">Verb and options.</param>
    /// <param name="ledger">Connection string of PostgreSQL; empty for none.</param>
    /// <param name="program">A program beside the tests.</param>
    public static BridgeProcess Start(
        string name, string logFile, IReadOnlyList<string> arguments, string ledger, string program = "bridge")
    {
        // exec: the process that is killed is Bridge itself, not a shell before it.
        string[] through = ["-c", "log=$1; shift; exec \"$@\" >\"$log\" 2>&1 </dev/null", "sh", logFile];
        var start = new ProcessStartInfo("/bin/sh", [.. through, Path.Combine(AppContext.BaseDirectory, program),
            .. arguments]);
        if (ledger.Length > 0)
            start.Environment["BRIDGE_LEDGER"] = ledger;
        return new BridgeProcess(Process.Start(start)!, name, logFile);
    }

    /// <summary>What /readyz says; not ready while nobody answers.</summary>
    public async Task<(bool Ready, string Text)> ReadyzAsync()
    {
        using var client = new HttpClient();
        try
        {
            var answer = await client.GetAsync($"http://{Metrics}/readyz", TestContext.Current.CancellationToken);
            return (answer.IsSuccessStatusCode,
                await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }
        catch (HttpRequestException unanswered)
        {
            return (false, unanswered.Message);
        }
    }

    /// <summary>
    /// An address of this machine on which nobody listens, below the ports that the kernel gives to connections.
    /// </summary>
    public static IPEndPoint FreeAddress()
    {
        while (true)
        {
            var address = new IPEndPoint(IPAddress.Loopback, 20_000 + (Interlocked.Increment(ref Ports) % 10_000));
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                probe.Bind(address);
                return address;
            }
            catch (SocketException)
            {
                // The next one.
            }
        }
    }

    /// <summary>kill -9: nothing is given back, nothing is finished.</summary>
    public async Task Kill9Async()
    {
        if (!process.HasExited)
            process.Kill();
        await process.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>Sends a signal by name: STOP, CONT.</summary>
    public async Task SignalAsync(string signal) => (await Shell.RunAsync(["kill", $"-{signal}", $"{Id}"])).Ok();

    /// <summary>SIGTERM, and its exit code.</summary>
    public async Task<int> StopAsync(TimeSpan within)
    {
        if (!process.HasExited)
            await SignalAsync("TERM");
        using var deadline = new CancellationTokenSource(within, TimeProvider.System);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            await Kill9Async();
            Assert.Fail($"{Name} did not end within {within.TotalSeconds} s of SIGTERM; the end of its log: {Tail()}");
        }
        return process.ExitCode;
    }

    public string Tail() => string.Join('\n', Log.TrimEnd('\n').Split('\n').TakeLast(15));

    public async ValueTask DisposeAsync()
    {
        await Kill9Async();
        process.Dispose();
    }

    [GeneratedRegex(@"ClusterLoop\[100\] (?<step>(?!WriteStatus|SetNodeCondition)\w+: .*)$", RegexOptions.Multiline)]
    private static partial Regex Step();

    [GeneratedRegex(@"^\S+ (fail|crit): ")]
    private static partial Regex Error();
}
