using System.Net.Sockets;
using Bridge.ApiServer;
using Bridge.ApiServer.Security;
using Bridge.Kube.Client;
using Microsoft.Extensions.Logging;

namespace Bridge.Daemon.Run;

/// <summary>
/// What a leader listens on: the job API and Slurm's hooks. The loop does without either, so one that cannot listen is
/// logged and tried again for as long as the term lasts.
/// </summary>
public sealed class TermListeners(KubeClient client, RunOptions options, ClusterSet clusters, Surroundings around)
{
    private static readonly TimeSpan ListenAgain = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ReadTrustAgain = TimeSpan.FromMinutes(10);

    private readonly ILogger log = around.Logs.CreateLogger<TermListeners>();

    /// <summary>Listens until the term is over, which is when each of the tasks ends.</summary>
    public IEnumerable<Task> Run(CancellationToken over)
    {
        if (options.Api is { } api)
            yield return KeepOnAsync(
                () => ServeAsync(api, over), why => log.ApiNotListening(api.Listen.ToString(), why), over);
        if (options.HookSocket is { } socket)
            yield return KeepOnAsync(() => HearAsync(socket, over), why => log.HooksNotHeard(socket, why), over);
    }

    // Each cause is told once, however often it is met.
    private async Task KeepOnAsync(Func<Task> listen, Action<string> tell, CancellationToken over)
    {
        var told = "";
        while (!over.IsCancellationRequested)
        {
            try
            {
                await listen();
            }
            catch (Exception wrong) when (IsExpected(wrong))
            {
                if (wrong.Message != told)
                    tell(told = wrong.Message);
                await Task.Delay(ListenAgain, around.Time, over);
            }
        }
    }

    // kubectl sees jobs only from the leader: a second Bridge on the same address listens once the first has gone.
    private async Task ServeAsync(ApiOptions api, CancellationToken over)
    {
        var store = await clusters.FirstServed(over);
        var trust = await ApiTrust.ReadAsync(api, client, over);
        await using var host = new AggregatedApiHost(Options(api, trust), store, around.Logs, around.Time);
        await host.StartAsync(over);
        while (true)
        {
            await Task.Delay(ReadTrustAgain, around.Time, over);
            host.Trust = await TrustNowAsync(api, host.Trust, over);
        }
    }

    // A rotated front-proxy authority is followed; while it cannot be read, the last one holds.
    private async Task<RequestHeaderTrust> TrustNowAsync(
        ApiOptions api, RequestHeaderTrust last, CancellationToken over)
    {
        try
        {
            return await ApiTrust.ReadAsync(api, client, over);
        }
        catch (Exception wrong) when (IsExpected(wrong))
        {
            log.TrustUnread(wrong.Message);
            return last;
        }
    }

    private async Task HearAsync(string socket, CancellationToken over)
    {
        await using var hooks = await HookListener.StartAsync(socket, clusters.Ring, around.Logs, over);
        await Task.Delay(Timeout.InfiniteTimeSpan, around.Time, over);
    }

    private AggregatedApiOptions Options(ApiOptions api, RequestHeaderTrust trust) => new()
    {
        Listen = api.Listen,
        CertificatePath = api.CertificatePath,
        KeyPath = api.KeyPath,
        Trust = trust,
        Authorize = api.Authorization == ApiAuthorization.AlwaysAllow ? Authorizers.AlwaysAllow
        : new AccessReviews(client).AuthorizeAsync,
        AuthorizerName = api.Authorization.ToString(),
    };

    private static bool IsExpected(Exception wrong) =>
        wrong is IOException or UnauthorizedAccessException or SocketException or FormatException or KubeException;
}
