using Bridge.Adapter.Tests.KubeFake;
using Bridge.Core.View;
using Bridge.Kube.Fleet;
using Bridge.Kube.Models;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bridge.Adapter.Tests.Kube;

public sealed class KubeFleetTests
{
    private const int Starts = 150;

    /// <summary>
    /// Eight watches come in at once, each on a thread of its own. A view that says that all were read while one of
    /// them has yet to hand over its objects would be planned with: nodes that are not there yet would be drained.
    /// </summary>
    [Fact]
    public async Task A_view_that_says_that_it_is_whole_is_whole()
    {
        await using var kube = await FakeKube.StartAsync();
        kube.Put(KubeKinds.Nodes, "n1");
        kube.Put(KubeKinds.SlurmClusters, "lab", """{"spec":{"restUrl":"http://x","confServer":"x"}}""", "slurm");
        kube.Put(KubeKinds.NodePools, "h100", """{"spec":{"cluster":"lab","slurmd":{"image":"x"}}}""", "slurm");
        kube.Put(KubeKinds.PartitionPolicies, "gpu", """{"spec":{"cluster":"lab"}}""", "slurm");
        using var client = kube.Client(TimeProvider.System);
        var holes = new List<string>();
        for (var start = 0; start < Starts; start++)
        {
            var fleet = new KubeFleet(
                client, "slurm", TimeProvider.System, new Random(start), NullLogger<KubeFleet>.Instance);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            var whole = new TaskCompletionSource();
            fleet.Changed += () =>
            {
                var view = fleet.View;
                if (!view.Source.Synced)
                    return;
                if (Hole(view) is { Length: > 0 } hole)
                    lock (holes)
                        holes.Add(hole);
                whole.TrySetResult();
            };
            var running = fleet.RunAsync(stop.Token);
            await whole.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
            await stop.CancelAsync();
            await running;
        }
        Assert.Empty(holes);
    }

    /// <summary>
    /// What the others go on to see would be joined with a picture of that one kind which never changes again, and
    /// which says of itself that it is current.
    /// </summary>
    [Fact]
    public async Task When_one_watch_ends_by_a_bug_all_of_them_end()
    {
        await using var kube = await FakeKube.StartAsync();
        using var client = kube.Client(TimeProvider.System);
        var fleet = new KubeFleet(
            client, "slurm", TimeProvider.System, new Random(1), NullLogger<KubeFleet>.Instance);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var thrown = 0;
        fleet.Changed += () =>
        {
            if (fleet.View.Source.Synced && Interlocked.Exchange(ref thrown, 1) == 0)
                throw new InvalidOperationException("a bug");
        };
        var running = fleet.RunAsync(stop.Token);
        await Eventually.TrueAsync(() => running.IsCompleted || stop.IsCancellationRequested, "the fleet has ended");
        Assert.Equal("a bug", (await Assert.ThrowsAsync<InvalidOperationException>(() => running)).Message);
    }

    private static string Hole(KubeView view) =>
        view.Nodes.IsEmpty ? "no node"
        : view.Clusters.IsEmpty ? "no SlurmCluster"
        : view.Pools.IsEmpty ? "no NodePool"
        : view.Partitions.IsEmpty ? "no PartitionPolicy"
        : "";
}
