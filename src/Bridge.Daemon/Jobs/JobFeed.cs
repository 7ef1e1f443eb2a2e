using System.Collections.Immutable;
using Bridge.ApiServer.Jobs;
using Bridge.Control.Loop;
using Bridge.Core.Model;
using Bridge.Core.View;

namespace Bridge.Daemon.Jobs;

/// <summary>
/// What is read of one SlurmCluster's jobs, over all its connections: what is shown of them goes on when the connection
/// is another.
/// </summary>
/// <param name="recalled">What the ledger told of an earlier life of Bridge.</param>
/// <param name="store">What the job API serves of the cluster.</param>
/// <param name="time">The clock.</param>
public sealed class JobFeed(ImmutableArray<SlurmJob> recalled, JobStore store, TimeProvider time)
{
    private readonly JobPublisher publisher = new(store, recalled.Where(j => j.Finished), time);
    private volatile Source source = new(null, new SlurmView(), default);
    private ImmutableArray<SlurmJob> open = [.. recalled.Where(j => !j.Finished)];

    /// <summary>The newest view of the connection that is read now; null while none is.</summary>
    public SlurmView? View => source.Feed?.View;

    /// <summary>
    /// Begins with another connection. Returns the jobs that had not ended when they were last seen, now or in an
    /// earlier life of Bridge.
    /// </summary>
    public ImmutableArray<SlurmJob> Connect(SlurmFeed feed)
    {
        var last = View ?? source.Last;
        if (last.Jobs.Synced)
            open = [.. last.JobsById.Values.Where(j => !j.Finished)];
        source = new Source(feed, last, default);
        return open;
    }

    /// <summary>The connection is left.</summary>
    public void Leave() => source = new Source(null, View ?? source.Last, time.GetUtcNow());

    public void Publish(JobNamespaces namespaces)
    {
        var now = source;
        if (now.Feed is { } feed)
            publisher.Publish(feed.View, namespaces);
        else
            publisher.Leave(now.Left);
    }

    private sealed record Source(SlurmFeed? Feed, SlurmView Last, DateTimeOffset Left);
}
