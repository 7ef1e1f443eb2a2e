using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace Bridge.Bench;

/// <summary>
/// `bench hooks`: a thousand hooks a second, of jobs that do not exist, against the daemon of the demo, and what they
/// cost it beyond what it costs idle. Needs root and what scripts/setup makes.
/// </summary>
public static class HookBench
{
    private const string Name = "hooks";
    private const int PerSecond = 1_000;
    private const int Callers = 32;
    private static readonly TimeSpan Settle = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Span = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1); // as bridge-hook has it

    public static async Task<int> RunAsync(string[] args)
    {
        if (args.Length > 0)
        {
            Console.Error.WriteLine("usage: bench hooks");
            return 2;
        }
        await using var lab = await DemoLab.StartAsync(Name, nodes: 4);
        // Until the runtime has compiled anew what is called often.
        await Scripts.MeasureForAsync(Settle);
        var idle = await ShareAsync(lab, () => Scripts.MeasureForAsync(Span));
        var (tried, heard) = (0, 0);
        var flooded = await ShareAsync(lab, async () => (tried, heard) = await FloodAsync(lab.Value("HOOK_SOCKET")));
        new BenchLine(Name, "hooks_per_second", tried / Span.TotalSeconds, "1/s, tried").Print();
        new BenchLine(Name, "hooks_answered_per_second", heard / Span.TotalSeconds, "1/s").Print();
        new BenchLine(Name, "hooks_cpu_share_idle", idle, "cores").Print();
        return new BenchLine(Name, "hooks_cpu_share", flooded - idle, "cores, beyond idle", 0.05).Print() ? 0 : 1;
    }

    private static async Task<double> ShareAsync(DemoLab lab, Func<Task> act)
    {
        var before = ProcessTimes.Of(lab.BridgeProcess);
        var clock = Stopwatch.StartNew();
        await act();
        var used = ProcessTimes.Of(lab.BridgeProcess) - before;
        return (used.Self + used.Children) / clock.Elapsed.TotalSeconds;
    }

    private static async Task<(int Tried, int Heard)> FloodAsync(string socket)
    {
        var (tried, heard) = (0, 0);
        using var gate = new SemaphoreSlim(Callers);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        var clock = Stopwatch.StartNew();
        var calls = new List<Task>();
        while (clock.Elapsed < Span && await timer.WaitForNextTickAsync())
            for (; tried < clock.Elapsed.TotalSeconds * PerSecond; tried++)
                if (await gate.WaitAsync(0))
                    calls.Add(CallAsync(1_000_000 + tried));
        await Task.WhenAll(calls);
        return (tried, heard);

        async Task CallAsync(int job)
        {
            try
            {
                if (await HookAsync(socket, job))
                    Interlocked.Increment(ref heard);
            }
            finally
            {
                gate.Release();
            }
        }
    }

    // A connection of its own for each, as curl has.
    private static async Task<bool> HookAsync(string path, int job)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using var late = new CancellationTokenSource(Patience, TimeProvider.System);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), late.Token);
            var request = $"POST /hooks/slurmctld?event=start&job={job} HTTP/1.1\r\nHost: bridge\r\n"
                + "Content-Length: 0\r\nConnection: close\r\n\r\n";
            await socket.SendAsync(Encoding.ASCII.GetBytes(request), late.Token);
            return await socket.ReceiveAsync(new byte[256], late.Token) > 0;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return false; // nobody had time for it
        }
    }
}
