using Bridge.Adapter.Tests.KubeFake;
using Bridge.Adapter.Tests.Slurm;
using Bridge.ApiServer.Jobs;
using Bridge.Control.Loop;
using Bridge.Core.Names;
using Bridge.Core.Policy;
using Bridge.Daemon.Jobs;
using Bridge.Daemon.Run;
using Bridge.Kube.Client;
using Bridge.Kube.Fleet;
using Bridge.Kube.Leases;
using Bridge.Kube.Writes;
using Bridge.Ledger;
using Bridge.Slurm;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bridge.Adapter.Tests.Daemon;

/// <summary>From a slurmrestd to the job API and to the ledger's queue, by the tasks of the daemon.</summary>
public sealed class JobFeedsTests : IAsyncLifetime
{
    private static readonly ObjectRef Key = new("SlurmCluster", "slurm", "lab");

    // Nobody stores what is queued: PostgreSQL is away.
    private readonly LedgerStore ledger = new(
        new LedgerOptions { ConnectionString = "Host=127.0.0.1;Port=1;Database=none", Writer = "test" },
        TimeProvider.System, NullLogger<LedgerStore>.Instance);

    private FakeSlurmrestd slurm = null!;
    private FakeKube kube = null!;
    private KubeClient client = null!;
    private JobFeeds jobs = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        slurm = await FakeSlurmrestd.StartAsync();
        kube = await FakeKube.StartAsync();
        client = kube.Client(TimeProvider.System);
        var writer = new KubeWriter(client);
        jobs = new JobFeeds(
            new KubePort(
                new KubeFleet(
                    client, "slurm", TimeProvider.System, new Random(1), NullLogger<KubeFleet>.Instance),
                writer, new EventRecorder(writer, TimeProvider.System, NullLogger.Instance)),
            TimeProvider.System, NullLoggerFactory.Instance, ledger);
        await jobs.StartAsync(Cancel);
        jobs.Follow([Key]);
    }

    public async ValueTask DisposeAsync()
    {
        await jobs.StopAsync(CancellationToken.None);
        jobs.Dispose();
        client.Dispose();
        await kube.DisposeAsync();
        await slurm.DisposeAsync();
        await ledger.DisposeAsync();
    }

    [Fact]
    public async Task Every_replica_shows_what_is_read_and_only_a_leader_tells_the_ledger()
    {
        using var cluster = Cluster();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var reading = cluster.ReadAsync(cancel => jobs.FollowAsync(cluster, cancel), stop.Token);
        await Eventually.TrueAsync(() => Shown().Any(), "the jobs that were read are shown");
        Assert.Equal(0, ledger.State.Queued);

        var read = cluster.Feed.View.JobsById.Values.ToList();
        var recorded = read.Count(j => j.SubmitTime is not null); // the others have no identity yet
        Assert.InRange(recorded, 2, read.Count);
        using var term = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var recording = jobs.RecordAsync(new FencingToken("a", DateTimeOffset.UnixEpoch, 1), term.Token);
        await Eventually.TrueAsync(() => ledger.State.Queued == recorded, "a term begins with all jobs");
        await term.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => recording);
        Assert.Equal(read.Count, Shown().Count());

        await stop.CancelAsync();
        await reading;
        jobs.Leave(cluster);
        await Eventually.TrueAsync(
            () => jobs.Served.Objects.Warning.Contains("connected anew", StringComparison.Ordinal),
            "who asks is warned that nothing is read any more");
        Assert.Equal(read.Count, Shown().Count());
    }

    private IEnumerable<ServedJob> Shown() => jobs.Served.Objects.Current.Objects.Select(o => o.Value);

    private ServedCluster Cluster()
    {
        var spec = new SlurmClusterSpec { RestUrl = slurm.Url, ConfServer = "127.0.0.1:6817" };
        var port = new SlurmPort(
            new SlurmOptions { RestUrl = slurm.Url },
            _ => ValueTask.FromResult<ReadOnlyMemory<byte>>(new byte[] { 1, 2 }), null, () => true,
            TimeProvider.System, NullLogger<SlurmPort>.Instance);
        return new ServedCluster(
            new SlurmCluster { Ref = Key, Spec = spec }, port,
            new SlurmFeed(port, TimeProvider.System, NullLogger<SlurmFeed>.Instance));
    }
}
