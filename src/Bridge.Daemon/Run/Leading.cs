using Bridge.Daemon.Serving;
using Bridge.Kube.Leases;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Bridge.Daemon.Run;

/// <summary>
/// Makes one of the replicas act. Told to stop, it gives the lease back before anything else of the process ends.
/// </summary>
public sealed class Leading(
    LeaderElector elector, Func<LeaderTerm> newTerm, IHostApplicationLifetime life, TimeProvider time,
    ILogger<Leading> log) : BackgroundService
{
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(2);

    /// <summary>One part: whoever stands by is ready too.</summary>
    public IEnumerable<Part> Parts() =>
        [new("leader", PartState.Ready, elector.Current is { } term ? $"leads under {term.Token}" : "stands by")];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(
            stoppingToken, life.ApplicationStopping);
        await elector.RunAsync(LeadAsync, either.Token);
    }

    private async Task LeadAsync(Leadership leadership)
    {
        try
        {
            await newTerm().RunAsync(leadership);
        }
        catch (Exception failure) when (!leadership.Lost.IsCancellationRequested)
        {
            // The lease is given back and taken again: a new term begins with loops that know nothing.
            log.TermFailed(failure, leadership.Token.ToString());
            await Task.Delay(AfterFailure, time, leadership.Lost)
                .ContinueWith(static _ => { }, TaskScheduler.Default);
        }
    }
}
