using Bridge.Adapter.Tests.KubeFake;
using Bridge.Core.Names;
using Bridge.Kube.Client;
using Bridge.Kube.Writes;
using Bridge.Testing;
using Microsoft.Extensions.Logging;

namespace Bridge.Adapter.Tests.Kube;

public sealed class EventRecorderTests : IAsyncLifetime
{
    private readonly ManualTime time = new();
    private readonly CancellationTokenSource stop = new();
    private readonly Lines log = new();
    private FakeKube kube = null!;
    private KubeClient client = null!;
    private EventRecorder events = null!;

    public async ValueTask InitializeAsync()
    {
        kube = await FakeKube.StartAsync();
        client = kube.Client(time);
        events = new EventRecorder(new KubeWriter(client), time, log);
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await kube.DisposeAsync();
        stop.Dispose();
    }

    [Fact]
    public async Task A_burst_is_sent_one_by_one_and_what_does_not_fit_is_dropped_with_one_line()
    {
        const int Most = EventRecorder.MostWaiting;
        var first = new TaskCompletionSource();
        kube.Fail(FakeFault.On("POST", "/events") with { Until = first.Task });
        var sending = events.RunAsync(stop.Token);
        Record(0);
        await Eventually.TrueAsync(() => kube.Requests.Count == 1, "the first is on its way");
        for (var number = 1; number <= 2 * Most; number++)
            Record(number);
        Assert.Single(kube.Requests);
        first.SetResult();
        await Eventually.TrueAsync(() => log.Count > 0, "the line of what was dropped");
        Assert.Equal(1 + Most, kube.Requests.Count);
        Assert.Equal($"{Most} events were not recorded: more than {Most} waited to be sent", log.Only());
        Record(0);
        await Eventually.TrueAsync(() => kube.Requests.Count == 2 + Most, "the next one after the burst");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
    }

    private void Record(int number) => events.Record(
        new ObjectRef("Node", "", $"n{number}", $"uid-{number}"), "v1", warning: false, ("CreatePod", "it is new"));

    private sealed class Lines : ILogger
    {
        private readonly List<string> lines = [];

        public int Count
        {
            get
            {
                lock (lines)
                    return lines.Count;
            }
        }

        public string Only()
        {
            lock (lines)
                return Assert.Single(lines);
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            lock (lines)
                lines.Add(formatter(state, exception));
        }
    }
}
