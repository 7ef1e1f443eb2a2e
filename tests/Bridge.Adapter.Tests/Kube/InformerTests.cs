using Bridge.Adapter.Tests.KubeFake;
using Bridge.Kube.Client;
using Bridge.Kube.Models;
using Bridge.Kube.Watch;
using Bridge.Testing;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bridge.Adapter.Tests.Kube;

public sealed class InformerTests : IAsyncDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly ManualTime time = new();
    private readonly List<string> told = [];
    private FakeKube kube = null!;
    private KubeClient client = null!;
    private Task running = Task.CompletedTask;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        client?.Dispose();
        await kube.DisposeAsync();
        stop.Dispose();
    }

    [Fact]
    public async Task A_streaming_list_brings_every_object_and_then_the_changes()
    {
        var nodes = await StartAsync(k => k.Put(KubeKinds.Nodes, "n1"));
        kube.Put(KubeKinds.Nodes, "n2");
        await Eventually.TrueAsync(() => nodes.Snapshot.Count == 2, "n2 is seen");
        kube.Put(KubeKinds.Nodes, "n2", """{"spec":{"unschedulable":true}}""");
        kube.Store.Remove(KubeKinds.Nodes.Resource, new("", "n1"));
        await Eventually.TrueAsync(() => nodes.Snapshot.Count == 1, "n1 is gone");
        await ToldAsync(["Added n1", "Added n2", "Modified n2", "Deleted n1"]);
        Assert.True(nodes.Snapshot[new("", "n2")].Spec.Unschedulable);
        Assert.Single(kube.Requests);
    }

    [Fact]
    public async Task Without_streaming_lists_pages_are_read_and_the_watch_goes_on_from_their_version()
    {
        var nodes = await StartAsync(
            k =>
            {
                k.Watches.RefuseStreamingLists = true;
                for (var i = 0; i < 7; i++)
                    k.Put(KubeKinds.Nodes, $"n{i}");
            },
            // The clock goes on while pages are on their way.
            limits: new KubeLimits { PageSize = 3, Request = TimeSpan.FromHours(1) });
        Assert.Equal(7, nodes.Snapshot.Count);
        await Eventually.TrueAsync(() => kube.Watches.Open("nodes") == 1, "the watch is open", time);
        kube.Put(KubeKinds.Nodes, "late");
        await Eventually.TrueAsync(() => nodes.Snapshot.Count == 8, "the watch tells of the late one");
        Assert.Equal(3, kube.Requests.Count(r => r.Contains("limit=3", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_cut_watch_is_resumed_where_it_broke_off_without_listing_again()
    {
        var nodes = await StartAsync(k => k.Put(KubeKinds.Nodes, "n1"));
        kube.Watches.CutAll();
        await Eventually.TrueAsync(() => kube.Watches.Open("nodes") == 0, "the watch is cut");
        kube.Store.Remove(KubeKinds.Nodes.Resource, new("", "n1"));
        kube.Put(KubeKinds.Nodes, "n2");
        await Eventually.TrueAsync(() => nodes.Snapshot.ContainsKey(new("", "n2")), "n2 is seen", time);
        await ToldAsync(["Added n1", "Deleted n1", "Added n2"]);
        Assert.Single(kube.Requests, r => r.Contains("sendInitialEvents", StringComparison.Ordinal));
        await Eventually.TrueAsync(() => nodes.State.Current, "the source is current again", time);
    }

    [Fact]
    public async Task A_bookmark_moves_the_place_to_resume_from()
    {
        await StartAsync(k => k.Put(KubeKinds.Nodes, "n1"));
        kube.Put(KubeKinds.Pods, "other", inNamespace: "x");
        var version = kube.Store.Version;
        kube.Watches.Bookmark("nodes");
        kube.Watches.EndAll();
        await Eventually.TrueAsync(() => kube.Requests.Count == 2, "the watch is opened again", time);
        Assert.Contains($"resourceVersion={version}&", kube.Requests[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_410_the_list_is_read_again_and_what_vanished_is_told_as_deleted(bool inStream)
    {
        var nodes = await StartAsync(k =>
        {
            k.Put(KubeKinds.Nodes, "stays");
            k.Put(KubeKinds.Nodes, "vanishes");
        });
        kube.Watches.ExpireInStream = inStream;
        kube.Store.Vanish(KubeKinds.Nodes.Resource, new("", "vanishes"));
        kube.Store.Compact();
        kube.Watches.CutAll();
        await Eventually.TrueAsync(() => nodes.Snapshot.Count == 1, "the sweep", time);
        await ToldAsync(["Added stays", "Added vanishes", "Deleted vanishes"]);
        Assert.True(nodes.State.Current);
    }

    [Fact]
    public async Task While_the_server_fails_the_last_content_stays_and_the_state_says_why()
    {
        var nodes = await StartAsync(k => k.Put(KubeKinds.Nodes, "n1"));
        kube.Fail(FakeFault.On("GET", "/nodes") with { Code = 503, Body = "upstream is down", Times = 1000 });
        kube.Watches.CutAll();
        await Eventually.TrueAsync(
            () => nodes.State.Error.Contains("upstream is down", StringComparison.Ordinal), "the error shows", time);
        Assert.True(nodes.State.Synced);
        Assert.False(nodes.State.Current);
        Assert.Single(nodes.Snapshot);
    }

    [Fact]
    public async Task Retry_after_of_429_is_waited_out()
    {
        var nodes = await StartAsync();
        kube.Fail(FakeFault.On("GET", "/nodes") with
            { Code = 429, Reason = "TooManyRequests", Body = "slow down", RetryAfterSeconds = 60 });
        kube.Watches.EndAll();
        await Eventually.TrueAsync(() => kube.Requests.Count == 2, "the refused request", time);
        await Eventually.TrueAsync(
            () => nodes.State.Error.Contains("slow down", StringComparison.Ordinal), "the refusal is seen");
        var refusedAt = time.GetUtcNow();
        await Eventually.TrueAsync(() => kube.Requests.Count == 3, "the next request", time);
        Assert.InRange(time.GetUtcNow() - refusedAt, TimeSpan.FromSeconds(58), TimeSpan.FromSeconds(120));
    }

    [Fact]
    public async Task A_garbage_line_loses_nothing_because_the_watch_resumes_before_it()
    {
        var nodes = await StartAsync();
        kube.Watches.Write("nodes", "{\"type\":\"ADDED\",\"object\":null}\n");
        await Eventually.TrueAsync(
            () => nodes.State.Error.Contains("not an event", StringComparison.Ordinal), "the error shows");
        kube.Put(KubeKinds.Nodes, "n1");
        await Eventually.TrueAsync(() => nodes.Snapshot.Count == 1 && nodes.State.Current, "n1 is seen", time);
        Assert.Single(kube.Requests, r => r.Contains("sendInitialEvents", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Duplicate_events_are_told_once()
    {
        var nodes = await StartAsync(k => k.Watches.Duplicate = true);
        kube.Put(KubeKinds.Nodes, "n1");
        kube.Put(KubeKinds.Nodes, "n2");
        await Eventually.TrueAsync(() => nodes.Snapshot.Count == 2, "both are seen");
        await ToldAsync(["Added n1", "Added n2"]);
    }

    [Fact]
    public async Task A_silent_watch_is_opened_anew()
    {
        await StartAsync();
        await Eventually.TrueAsync(
            () => kube.Requests.Count == 2, "a second watch after three minutes of silence", time);
        Assert.True(time.GetUtcNow() - new ManualTime().GetUtcNow() >= TimeSpan.FromMinutes(3));
    }

    [Fact]
    public async Task A_quiet_watch_that_is_cut_again_and_again_is_opened_as_soon_as_after_the_first_time()
    {
        var nodes = await StartAsync(k => k.Put(KubeKinds.Nodes, "n1"));
        var first = TimeSpan.FromMilliseconds(300);
        for (var cut = 0; cut < 12; cut++)
        {
            time.Advance(TimeSpan.FromSeconds(2));
            kube.Watches.CutAll();
            await Eventually.TrueAsync(() => !nodes.State.Current, "the cut is seen");
            await Eventually.TrueAsync(() => time.Pending(first) > 0, $"no longer wait after cut {cut} than after one");
            time.Advance(first);
            await Eventually.TrueAsync(() => nodes.State.Current, "the watch is resumed");
        }
    }

    [Fact]
    public async Task A_list_that_is_not_a_list_is_an_error_and_not_an_empty_fleet()
    {
        var nodes = await StartAsync(
            k =>
            {
                k.Watches.RefuseStreamingLists = true;
                k.Put(KubeKinds.Nodes, "n1");
                k.Fail(FakeFault.On("GET", "limit=") with { Code = 200, Body = "{}" });
            },
            waitForSync: false);
        await Eventually.TrueAsync(() => nodes.State.Error.Length > 0, "the error shows", time);
        Assert.False(nodes.State.Synced);
        await Eventually.TrueAsync(() => nodes.State.Synced, "the next list is read", time);
        Assert.Single(nodes.Snapshot);
    }

    [Fact]
    public async Task A_selector_turns_leaving_the_selection_into_a_delete()
    {
        var nodes = await StartAsync(
            k => k.Put(KubeKinds.Nodes, "n1", """{"metadata":{"labels":{"pool":"a"}}}"""), new WatchScope(Labels: "pool=a"));
        kube.Put(KubeKinds.Nodes, "n1", """{"metadata":{"labels":{"pool":"b"}}}""");
        await Eventually.TrueAsync(() => nodes.Snapshot.IsEmpty, "n1 left the selection");
        await ToldAsync(["Added n1", "Deleted n1"]);
    }

    private async Task<Informer<V1Node>> StartAsync(
        Action<FakeKube>? before = null, WatchScope? scope = null, KubeLimits? limits = null, bool waitForSync = true)
    {
        kube = await FakeKube.StartAsync();
        before?.Invoke(kube);
        client = kube.Client(time, limits);
        var nodes = new Informer<V1Node>(
            client, KubeKinds.Nodes, scope ?? WatchScope.All, time, new Random(1), NullLogger.Instance);
        nodes.Changed += changes =>
        {
            lock (told)
                told.AddRange(changes.Select(c => $"{c.Type} {c.Key}"));
        };
        running = nodes.RunAsync(stop.Token);
        if (waitForSync)
            await Eventually.TrueAsync(() => nodes.State.Synced, "the first sync", limits is null ? null : time);
        Assert.False(Cancel.IsCancellationRequested);
        return nodes;
    }

    /// <summary>The snapshot is there a moment before its changes are told.</summary>
    private async Task ToldAsync(string[] expected)
    {
        await Eventually.TrueAsync(() => Told().Count >= expected.Length, $"told: {string.Join(", ", expected)}");
        Assert.Equal(expected, Told());
    }

    private List<string> Told()
    {
        lock (told)
            return [.. told];
    }
}
