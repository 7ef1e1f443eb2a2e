using Bridge.Daemon.Verbs;
using Bridge.Kube.Client;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Bridge.Daemon.Run;

/// <summary>The process around the daemon: log, credentials, and an orderly end.</summary>
public static class RunHost
{
    /// <returns>An exit code: 0 after an orderly stop, 2 when the credentials cannot be used.</returns>
    public static async Task<int> RunAsync(
        Func<KubeEndpoint> findEndpoint, RunOptions options, TimeProvider time, CancellationToken stop)
    {
        KubeEndpoint endpoint;
        try
        {
            endpoint = findEndpoint();
        }
        catch (KubeConfigException wrong)
        {
            return Usage.Fail([wrong.Message]);
        }
        using var logs = LoggerFactory.Create(Configure);
        using var client = new KubeClient(endpoint, new KubeLimits(), time);
        var log = logs.CreateLogger("Bridge.Daemon");
        log.Starting(options.Identity, endpoint.ToString(), options.Namespace);
        await using var daemon = new BridgeDaemon(client, options, new Surroundings(time, logs));
        await daemon.RunAsync(stop);
        log.Stopped(options.Identity);
        return ExitCodes.Ok;
    }

    internal static void Configure(ILoggingBuilder logging) => logging
        .AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
            console.ColorBehavior = LoggerColorBehavior.Disabled;
        })
        .AddFilter("Microsoft", LogLevel.Warning)
        // What cannot listen is said in one line by who tries again; the host would add a page of calls.
        .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
}
