using Bridge.Adapter.Tests.KubeFake;
using Bridge.Kube.Client;
using Bridge.Kube.Models;
using Bridge.Kube.Watch;
using Bridge.Testing;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bridge.Adapter.Tests.Kube;

/// <summary>
/// Answers that no API server means to give: none of them may end an informer, or silence it for long.
/// </summary>
public sealed class InformerAnswerTests : IAsyncLifetime
{
    private readonly CancellationTokenSource stop = new();
    private readonly ManualTime time = new();
    private FakeKube kube = null!;
    private KubeClient client = null!;
    private Informer<V1Node> nodes = null!;
    private Task running = Task.CompletedTask;

    public async ValueTask InitializeAsync()
    {
        kube = await FakeKube.StartAsync();
        kube.Put(KubeKinds.Nodes, "n1");
        client = new KubeClient(kube.FarEndpoint, new KubeLimits(), time);
        nodes = new Informer<V1Node>(
            client, KubeKinds.Nodes, WatchScope.All, time, new Random(1), NullLogger.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running.ContinueWith(static _ => { }, TaskScheduler.Default);
        client.Dispose();
        await kube.DisposeAsync();
        stop.Dispose();
    }

    [Theory]
    [InlineData(200)]
    [InlineData(503)]
    public async Task An_answer_that_cannot_be_unpacked_is_an_error_and_read_again(int code)
    {
        await MeetAsync(FakeFault.On("GET", "/nodes") with { Code = code, Body = "no gzip", Encoding = "gzip" });
        Assert.Contains("cannot be unpacked", nodes.State.Error, StringComparison.Ordinal);
        await Eventually.TrueAsync(() => nodes.State.Current, "the next list is read", time);
        Assert.Single(nodes.Snapshot);
    }

    [Theory]
    [InlineData(86_400)]
    [InlineData(int.MaxValue)]
    public async Task However_long_a_server_wishes_to_be_left_alone_it_is_asked_again_soon(int seconds)
    {
        await MeetAsync(
            FakeFault.On("GET", "/nodes") with { Code = 503, Body = "busy", RetryAfterSeconds = seconds });
        await Eventually.TrueAsync(
            () => running.IsFaulted || time.Pending(Backoff.LongestWish) > 0, "a wait that ends soon");
        Assert.False(running.IsFaulted, running.Exception?.ToString());
        time.Advance(Backoff.LongestWish);
        await Eventually.TrueAsync(() => nodes.State.Current, "the next list is read");
    }

    private async Task MeetAsync(FakeFault fault)
    {
        kube.Fail(fault);
        running = nodes.RunAsync(stop.Token);
        await Eventually.TrueAsync(() => running.IsFaulted || nodes.State.Error.Length > 0, "the error shows");
        Assert.False(running.IsFaulted, running.Exception?.ToString());
    }
}
