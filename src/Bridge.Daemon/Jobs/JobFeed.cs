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
    private readonly Lock gate = new();
    private SlurmFeed? feed; // null while nothing is read
    private DateTimeOffset left;
    private ImmutableArray<SlurmJob> open = [.. recalled.Where(j => !j.Finished)];

    /// <summary>The newest view of the connection that is read now; null while none is.</summary>
    public SlurmView? View
    {
        get
        {
            lock (gate)
                return feed?.View;
        }
    }

    /// <summary>
    /// Begins with another connection. Returns the jobs that had not ended when they were last seen, now or in an
    /// earlier life of Bridge.
    /// </summary>
    public ImmutableArray<SlurmJob> Connect(SlurmFeed next)
    {
        lock (gate)
        {
            KeepOpen();
            feed = next;
            return open;
        }
    }

    /// <summary>The connection is left.</summary>
    public void Leave()
    {
        lock (gate)
        {
            KeepOpen();
            (feed, left) = (null, time.GetUtcNow());
        }
    }

    public void Publish(JobNamespaces namespaces)
    {
        SlurmView? view;
        DateTimeOffset since;
        lock (gate)
        {
            (view, since) = (feed?.View, left);
            if (view is { Jobs.Synced: true })
                open = []; // the view has them: a second record of each would be kept for nothing
        }
        if (view is not null)
            publisher.Publish(view, namespaces);
        else
            publisher.Leave(since);
    }

    private void KeepOpen()
    {
        if (feed?.View is { Jobs.Synced: true } last)
            open = [.. last.JobsById.Values.Where(j => !j.Finished)];
    }
}
