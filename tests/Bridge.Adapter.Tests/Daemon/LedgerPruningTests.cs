using System.Collections.Immutable;
using Bridge.Adapter.Tests.KubeFake;
using Bridge.Adapter.Tests.Ledger;
using Bridge.Daemon.Jobs;
using Bridge.Daemon.Settings;
using Bridge.Kube.Client;
using Bridge.Kube.Leases;
using Bridge.Ledger;
using Bridge.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bridge.Adapter.Tests.Daemon;

public sealed class LedgerPruningTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Each has a database of its own, so that it shows who deletes.</summary>
    [Fact]
    public async Task Only_the_leader_deletes_what_is_old()
    {
        await using var kube = await FakeKube.StartAsync();
        var time = new ManualTime();
        await using var leader = await Replica.StartAsync(kube, "a", time, postgres);
        await Eventually.TrueAsync(() => leader.Elector.IsLeader, "the first leads");
        await using var standby = await Replica.StartAsync(kube, "b", time, postgres);
        await Eventually.TrueAsync(() => time.Pending(TimeSpan.FromMinutes(5)) == 2, "both wait for their time");

        for (var round = 1; round <= 12; round++)
        {
            time.Advance(TimeSpan.FromMinutes(5));
            await leader.RecordAsync($"round {round}");
            await standby.RecordAsync($"round {round}");
        }
        time.Advance(TimeSpan.FromMinutes(5));

        await Replica.UntilAsync(async () => (await leader.StepsAsync()).IsEmpty, "the leader has deleted");
        Assert.Equal(13, (await standby.StepsAsync()).Length);
    }

    private sealed class Replica : IAsyncDisposable
    {
        private readonly CancellationTokenSource stop = new();
        private readonly KubeClient client;
        private readonly RunningLedger ledger;
        private readonly LedgerPruning pruning;
        private readonly Task electing;

        private Replica(FakeKube kube, string name, ManualTime time, string connection)
        {
            client = kube.Client(TimeProvider.System);
            ledger = new RunningLedger(PostgresFixture.Options(connection));
            Elector = new LeaderElector(
                client, new LeaseOptions { Namespace = "slurm", Name = "bridge", Identity = name },
                TimeProvider.System, new Random(1), NullLogger.Instance);
            electing = Elector.RunAsync(LeadAsync, stop.Token);
            var options = new RunOptions
            {
                Namespace = "slurm", Identity = name, Retention = new LedgerRetention(TimeSpan.FromDays(30), null),
            };
            pruning = new LedgerPruning(
                options, Elector, time, NullLogger<LedgerPruning>.Instance, ledger.Store);
        }

        public LeaderElector Elector { get; }

        public static async Task<Replica> StartAsync(
            FakeKube kube, string name, ManualTime time, PostgresFixture postgres)
        {
            var replica = new Replica(kube, name, time, await postgres.Server.NewDatabaseAsync(Cancel));
            await replica.RecordAsync("begin");
            await replica.pruning.StartAsync(Cancel);
            return replica;
        }

        public Task RecordAsync(string key)
        {
            ledger.Store.Record(new ActionEntry
            {
                At = DateTimeOffset.UnixEpoch, Cluster = "lab", Key = key, Kind = "CreatePod", Why = "because",
                Result = "Done", FencingToken = 1,
            });
            return ledger.FlushAsync();
        }

        public Task<ImmutableArray<ActionEntry>> StepsAsync() => ledger.Store.ReadActionsAsync("lab", "", 100, Cancel);

        public static async Task UntilAsync(Func<Task<bool>> condition, string what)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            using var looks = new PeriodicTimer(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            while (!await condition())
            {
                Assert.False(limit.IsCancellationRequested, $"after 30 s still not so: {what}");
                await looks.WaitForNextTickAsync(Cancel);
            }
        }

        public async ValueTask DisposeAsync()
        {
            await pruning.StopAsync(CancellationToken.None);
            pruning.Dispose();
            await stop.CancelAsync();
            await electing;
            await ledger.DisposeAsync();
            client.Dispose();
            stop.Dispose();
        }

        private static async Task LeadAsync(Leadership term)
        {
            var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using (term.Lost.Register(over.SetResult))
                await over.Task;
        }
    }
}
