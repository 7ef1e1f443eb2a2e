using System.Text.Json.Nodes;
using Bridge.Adapter.Tests.KubeFake;
using Bridge.Control;
using Bridge.Kube.Client;
using Bridge.Kube.Models;
using Bridge.Kube.Watch;
using Bridge.Kube.Writes;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bridge.Adapter.Tests.Kube;

/// <summary>
/// What Bridge relies on an API server for: held against the fake of this process and against the real machinery.
/// </summary>
public abstract class ContractTests : IAsyncLifetime
{
    private readonly string inNamespace = LabKube.NewName("contract");

    private protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private protected KubeClient Client { get; private set; } = null!;

    private KubeWriter Writer => new(Client);

    private protected abstract Task<KubeClient> ConnectAsync();

    public async ValueTask InitializeAsync()
    {
        Client = await ConnectAsync();
        var body = new V1Namespace { ApiVersion = "v1", Kind = "Namespace", Metadata = new() { Name = inNamespace } };
        var result = await Writer.CreateAsync(
            body, (api, c) => api.CoreV1.CreateNamespaceAsync(body, cancellationToken: c), Cancel);
        Assert.Equal(StepResult.Done, result);
    }

    public async ValueTask DisposeAsync()
    {
        var found = await Client.GetAsync(KubeKinds.Namespaces, new ObjectKey("", inNamespace), CancellationToken.None);
        await Writer.DeleteAsync(
            new WriteTarget(KubeKinds.Namespaces.Resource, new ObjectKey("", inNamespace)), found.Metadata.Uid, "",
            CancellationToken.None);
        Client.Dispose();
        await EndAsync();
        GC.SuppressFinalize(this);
    }

    private protected virtual ValueTask EndAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_name_can_be_created_once()
    {
        Assert.Equal(StepResult.Done, await CreateAsync("a"));
        Assert.Contains(
            "already exists", Assert.IsType<StepResult.ConflictResult>(await CreateAsync("a")).Reason,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_patch_at_an_old_version_conflicts_and_changes_nothing()
    {
        await CreateAsync("a");
        var old = (await ReadAsync("a")).ResourceVersion;
        Assert.Equal(StepResult.Done, await Writer.MergeAsync(Pod("a"), Annotate("first"), old, Cancel));
        Assert.IsType<StepResult.ConflictResult>(await Writer.MergeAsync(Pod("a"), Annotate("second"), old, Cancel));
        Assert.Equal("first", (await ReadAsync("a")).Annotations["said"]);
    }

    [Fact]
    public async Task Only_the_object_with_the_uid_is_deleted()
    {
        await CreateAsync("a");
        var uid = (await ReadAsync("a")).Uid;
        Assert.IsType<StepResult.ConflictResult>(
            await Writer.DeleteAsync(Pod("a"), Guid.NewGuid().ToString(), "", Cancel));
        Assert.Equal(StepResult.Done, await Writer.DeleteAsync(Pod("a"), uid, "", Cancel));
        Assert.Equal(StepResult.Gone, await Writer.DeleteAsync(Pod("a"), uid, "", Cancel));
    }

    [Fact]
    public async Task A_finalizer_holds_a_deleted_object_until_it_is_taken_off()
    {
        await CreateAsync("a");
        var finalizers = new JsonObject
            { ["metadata"] = new JsonObject { ["finalizers"] = new JsonArray("slurmbridge.io/test") } };
        Assert.Equal(StepResult.Done, await Writer.MergeAsync(Pod("a"), finalizers, "", Cancel));
        await Writer.DeleteAsync(Pod("a"), (await ReadAsync("a")).Uid, "", Cancel);
        Assert.NotNull((await ReadAsync("a")).DeletionTimestamp);
        var none = new JsonObject { ["metadata"] = new JsonObject { ["finalizers"] = new JsonArray() } };
        Assert.Equal(StepResult.Done, await Writer.MergeAsync(Pod("a"), none, "", Cancel));
        Assert.Equal(404, (await Assert.ThrowsAsync<KubeException>(() => ReadAsync("a"))).Failure.Code);
    }

    [Fact]
    public async Task A_list_comes_in_pages_of_one_version()
    {
        for (var i = 0; i < 5; i++)
            await CreateAsync($"p{i}");
        var collection = $"{KubeKinds.Pods.Resource.Collection(inNamespace)}?limit=2";
        var names = new List<string>();
        var versions = new HashSet<string>();
        for (var next = "?"; next.Length > 0;)
        {
            var path = next == "?" ? collection : $"{collection}&continue={Uri.EscapeDataString(next)}";
            var page = await Client.SendAsync(new KubeRequest(HttpMethod.Get, path), KubeKinds.Pods.List, Cancel);
            names.AddRange(page.Items!.Select(p => p.Metadata.Name));
            versions.Add(page.Metadata.ResourceVersion);
            next = page.Metadata.Continue;
        }
        Assert.Equal(["p0", "p1", "p2", "p3", "p4"], names);
        Assert.Single(versions);
    }

    [Fact]
    public async Task An_informer_sees_what_was_there_what_changes_and_what_goes()
    {
        await CreateAsync("before");
        await using var pods = await WatchAsync(new WatchScope(inNamespace));
        await CreateAsync("during");
        await pods.UntilAsync("Added before, Added during");
        await Writer.MergeAsync(Pod("during"), Annotate("hello"), "", Cancel);
        await Writer.DeleteAsync(Pod("before"), (await ReadAsync("before")).Uid, "", Cancel);
        await pods.UntilAsync("Added before, Added during, Modified during, Deleted before");
    }

    [Fact]
    public async Task Watches_that_the_server_ends_are_resumed_without_a_new_list()
    {
        await using var pods = await WatchAsync(
            new WatchScope(inNamespace), new KubeLimits { WatchLife = TimeSpan.FromSeconds(1) });
        for (var i = 0; i < 3; i++)
        {
            await CreateAsync($"p{i}");
            await pods.UntilAsync(string.Join(", ", Enumerable.Range(0, i + 1).Select(n => $"Added p{n}")));
            var seen = TimeProvider.System.GetTimestamp();
            await Eventually.TrueAsync(
                () => TimeProvider.System.GetElapsedTime(seen) > TimeSpan.FromSeconds(0.8),
                "the server ends the watch");
        }
        Assert.True(pods.Informer.State.Synced);
    }

    [Fact]
    public async Task An_object_that_leaves_the_selection_is_deleted_from_it()
    {
        await CreateAsync("a", "one");
        await using var pods = await WatchAsync(new WatchScope(inNamespace, "team=one"));
        await pods.UntilAsync("Added a");
        var moved = new JsonObject
            { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["team"] = "two" } } };
        await Writer.MergeAsync(Pod("a"), moved, "", Cancel);
        await pods.UntilAsync("Added a, Deleted a");
    }

    private Task<StepResult> CreateAsync(string name, string team = "")
    {
        var body = new V1Pod
        {
            ApiVersion = "v1",
            Kind = "Pod",
            Metadata = new V1ObjectMeta
            {
                Name = name,
                Labels = team.Length > 0 ? new Dictionary<string, string> { ["team"] = team } : null,
            },
            // No scheduler goes by that name, so nobody else writes to the pod.
            Spec = new V1PodSpec
            {
                Containers = [new V1Container { Name = "c", Image = "none.example/x" }],
                SchedulerName = "nobody",
                TerminationGracePeriodSeconds = 0,
            },
        };
        return Writer.CreateAsync(
            body, (api, c) => api.CoreV1.CreateNamespacedPodAsync(body, inNamespace, cancellationToken: c), Cancel);
    }

    private async Task<V1ObjectMeta> ReadAsync(string name) =>
        (await Client.GetAsync(KubeKinds.Pods, new ObjectKey(inNamespace, name), Cancel)).Metadata;

    private WriteTarget Pod(string name) => new(KubeKinds.Pods.Resource, new ObjectKey(inNamespace, name));

    private async Task<Watching> WatchAsync(WatchScope scope, KubeLimits? limits = null)
    {
        var client = new KubeClient(Endpoint, limits ?? new KubeLimits(), TimeProvider.System);
        var watching = new Watching(client, scope);
        await Eventually.TrueAsync(() => watching.Informer.State.Synced, "the first sync");
        return watching;
    }

    private protected abstract KubeEndpoint Endpoint { get; }


    private static JsonObject Annotate(string said) =>
        new() { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { ["said"] = said } } };

    /// <summary>
    /// An informer that writes down what it is told about pods' coming and going; other writers' changes to them are
    /// left out.
    /// </summary>
    private sealed class Watching : IAsyncDisposable
    {
        private readonly KubeClient client;
        private readonly CancellationTokenSource stop = new();
        private readonly Task running;
        private string told = "";

        public Watching(KubeClient client, WatchScope scope)
        {
            this.client = client;
            Informer = new Informer<V1Pod>(
                client, KubeKinds.Pods, scope, TimeProvider.System, new Random(1), NullLogger.Instance);
            Informer.Changed += changes =>
            {
                foreach (var change in changes.Where(
                    c => c.Type != ChangeType.Modified || c.Item.Metadata.Annotations?.ContainsKey("said") == true))
                    this.told += (this.told.Length > 0 ? ", " : "") + $"{change.Type} {change.Key.Name}";
            };
            running = Informer.RunAsync(stop.Token);
        }

        public Informer<V1Pod> Informer { get; }

        public Task UntilAsync(string told) =>
            Eventually.TrueAsync(() => this.told == told, $"told '{told}' (so far '{this.told}')");

        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            await running;
            stop.Dispose();
            this.client.Dispose();
        }
    }
}

/// <summary>The contract as the fake of this process keeps it.</summary>
public sealed class FakeContractTests : ContractTests
{
    private FakeKube kube = null!;

    private protected override KubeEndpoint Endpoint => kube.Endpoint;

    private protected override async Task<KubeClient> ConnectAsync()
    {
        kube = await FakeKube.StartAsync();
        return kube.Client(TimeProvider.System);
    }

    private protected override ValueTask EndAsync() => kube.DisposeAsync();
}

/// <summary>The contract as Kubernetes' own API machinery keeps it.</summary>
[Collection(LabKubeTests.Name)]
public sealed class LabContractTests(LabKube lab) : ContractTests
{
    private protected override KubeEndpoint Endpoint => lab.Endpoint;

    private protected override Task<KubeClient> ConnectAsync()
    {
        Assert.False(lab.WhyNot.Length > 0, lab.WhyNot);
        return Task.FromResult(lab.Client());
    }
}
