using System.Collections.Immutable;
using Bridge.ApiServer.Jobs;
using Bridge.Control;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.View;
using Bridge.Ledger;
using Microsoft.Extensions.Logging;

namespace Bridge.Daemon.Jobs;

/// <summary>
/// Carries what the loop learns to those who keep it: jobs to the job API and the ledger, steps to the ledger. Jobs
/// that Slurm has forgotten are added from the ledger, so that kubectl shows them for a day.
/// </summary>
public sealed class JobFeed(LedgerStore? ledger, Func<long?> term, TimeProvider time, ILoggerFactory logs)
{
    private static readonly TimeSpan ShowEnded = TimeSpan.FromDays(1);
    private static readonly TimeSpan LedgerPatience = TimeSpan.FromSeconds(10);
    private const int MaxEnded = 10_000;

    private readonly ILogger log = logs.CreateLogger<JobFeed>();
    private readonly Dictionary<JobId, SlurmJob> recorded = [];
    private ImmutableArray<SlurmJob> ended = [];
    private ImmutableArray<SlurmJob> open = [];
    private ImmutableDictionary<JobId, SlurmJob>? shown;
    private JobNamespaces? shownIn;
    private long? recordedIn;
    private JobStore? store;

    /// <summary>Jobs that had not ended when they were last seen, now or in an earlier life of Bridge.</summary>
    public IEnumerable<SlurmJob> Open => [.. open, .. recorded.Values.Where(j => !j.Finished)];

    /// <summary>Begins with what the ledger knows of the cluster; without an answer from it, with nothing.</summary>
    public async Task StartAsync(
        string cluster, JobStore? served, CancellationToken cancel)
    {
        store = served;
        if (ledger is null)
            return;
        using var bound = new CancellationTokenSource(LedgerPatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, bound.Token);
        try
        {
            var known = await ledger.ReadJobsAsync(
                cluster, time.GetUtcNow() - ShowEnded, MaxEnded, either.Token);
            (open, ended) = ([.. known.Where(j => !j.Finished)], [.. known.Where(j => j.Finished)]);
        }
        catch (LedgerUnavailableException unavailable)
        {
            log.LedgerUnread(cluster, unavailable.Message);
        }
        catch (OperationCanceledException) when (bound.IsCancellationRequested)
        {
            log.LedgerUnread(cluster, "no answer in time");
        }
    }

    /// <summary>Takes over a read of Slurm. Called from one loop at a time.</summary>
    public void Take(string cluster, SlurmView slurm, JobNamespaces namespaces)
    {
        if (!slurm.Jobs.Current)
        {
            Stale(slurm.Jobs.Since, slurm.Jobs.Error);
            return;
        }
        // A new term offers all to the ledger again: what the last leader did not get there is not known.
        var now = term();
        if (now != recordedIn)
            recorded.Clear();
        else if (ReferenceEquals(shown, slurm.JobsById) && shownIn == namespaces)
            return;
        (shown, shownIn, recordedIn) = (slurm.JobsById, namespaces, now);
        open = [];
        Record(cluster, shown);
        var cut = time.GetUtcNow() - ShowEnded;
        ended = [.. ended.Where(j => j.EndTime >= cut && !shown.ContainsKey(j.Id))];
        store?.Update(shown.Values.Concat(ended), namespaces);
    }

    /// <summary>Nothing is read of the cluster any more: what is shown stays, with a warning.</summary>
    public void Left() => Stale(time.GetUtcNow(), "its SlurmCluster is gone, or is connected anew");

    // What is shown is as good as not shown: when Slurm answers again, the same jobs take the warning away.
    private void Stale(DateTimeOffset since, string why)
    {
        shown = null;
        store?.Unreachable(since, why);
    }

    private void Record(string cluster, ImmutableDictionary<JobId, SlurmJob> jobs)
    {
        foreach (var (id, job) in jobs)
            // What the ledger has no room for now is offered again with the next change.
            if ((!recorded.TryGetValue(id, out var before) || !ReferenceEquals(before, job))
                && (recordedIn is not { } token
                    || ledger?.Record(cluster, job, token) is not StepResult.UnavailableResult))
                recorded[id] = job;
        if (recorded.Count == jobs.Count)
            return;
        // Slurm has forgotten these (MinJobAge): what it said last is what is kept.
        foreach (var (id, job) in recorded.Where(r => !jobs.ContainsKey(r.Key)).ToList())
        {
            recorded.Remove(id);
            if (job.Finished)
                ended = ended.Add(job);
        }
    }
}
