using Bridge.Adapter.Tests.ApiServer;
using Bridge.Adapter.Tests.KubeFake;
using Bridge.Adapter.Tests.Slurm;
using Bridge.Control.Loop;
using Bridge.Core.Names;
using Bridge.Daemon.Jobs;
using Bridge.Slurm;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bridge.Adapter.Tests.Daemon;

public sealed class JobFeedTests
{
    private const int Many = 12_000;

    [Fact]
    public async Task The_first_connection_begins_with_what_the_ledger_knows_and_the_next_with_what_was_read()
    {
        await using var slurm = await FakeSlurmrestd.StartAsync();
        using var port = Port(slurm);
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var recalled = Enumerable.Range(100_000, Many).Select(i => Samples.Running((uint)i))
            .Append(JobPublisherTests.Ended(5));
        var feed = new JobFeed([.. recalled], Samples.Store(TimeProvider.System), TimeProvider.System);

        var first = Reader(port);
        Assert.Equal(Many, feed.Connect(first).Length);
        Assert.Equal(Many, feed.Connect(first).Length); // nothing was read yet
        var run = first.RunAsync(reading.Token);
        await Eventually.TrueAsync(() => first.View.Jobs.Current, "the jobs are read");
        feed.Publish(Samples.Namespaces);
        feed.Leave();

        Assert.NotEmpty(feed.Connect(Reader(port)));
        feed.Publish(Samples.Namespaces); // nothing was read of this one
        var open = feed.Connect(Reader(port));
        Assert.Contains(new JobId(18), open.Select(j => j.Id));
        Assert.DoesNotContain(open, j => j.Finished || j.Id.Value >= 100_000);
        await reading.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }

    private static SlurmFeed Reader(SlurmPort port) =>
        new(port, TimeProvider.System, NullLogger<SlurmFeed>.Instance);

    private static SlurmPort Port(FakeSlurmrestd slurm) => new(
        new SlurmOptions { RestUrl = slurm.Url }, _ => ValueTask.FromResult<ReadOnlyMemory<byte>>(new byte[] { 1, 2 }),
        null, () => true, TimeProvider.System, NullLogger<SlurmPort>.Instance);
}
