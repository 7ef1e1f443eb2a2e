using System.Text.Json.Nodes;
using Bridge.Control;
using Bridge.Kube.Client;
using Bridge.Kube.Models;
using Bridge.Kube.Writes;
using k8s.Models;

namespace Bridge.Adapter.Tests.Kube;

/// <summary>Server-side apply and subresources, on the real API machinery.</summary>
[Collection(LabKubeTests.Name)]
public sealed class ApplyTests(LabKube lab) : IAsyncLifetime
{
    private KubeClient client = null!;
    private KubeWriter writer = null!;
    private ObjectKey it;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private WriteTarget It => new(KubeKinds.Secrets.Resource, it);

    public async ValueTask InitializeAsync()
    {
        Assert.False(lab.WhyNot.Length > 0, lab.WhyNot);
        client = lab.Client();
        writer = new KubeWriter(client);
        it = new ObjectKey(await lab.NewNamespaceAsync(), "theirs");
        await lab.MakeAsync(KubeKinds.Secrets.Resource, it, """{"metadata":{"labels":{"theirs":"1"}}}""");
    }

    public ValueTask DisposeAsync()
    {
        client?.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Another_managers_field_conflicts_unless_it_is_taken_over()
    {
        var refused = await writer.ApplyAsync(It, Labels(("theirs", "2")), force: false, "", Cancel);
        Assert.Contains(
            ".metadata.labels.theirs", Assert.IsType<StepResult.ConflictResult>(refused).Reason,
            StringComparison.Ordinal);
        Assert.Equal("1", (await ReadAsync()).Labels["theirs"]);
        Assert.Equal(StepResult.Done, await writer.ApplyAsync(It, Labels(("theirs", "2")), force: true, "", Cancel));
        Assert.Equal("2", (await ReadAsync()).Labels["theirs"]);
    }

    [Fact]
    public async Task A_field_that_is_no_longer_applied_goes_and_others_fields_stay()
    {
        await writer.ApplyAsync(It, Labels(("a", "1"), ("b", "1")), force: false, "", Cancel);
        await writer.ApplyAsync(It, Labels(("b", "1")), force: false, "", Cancel);
        var labels = (await ReadAsync()).Labels;
        Assert.False(labels.ContainsKey("a"));
        Assert.Equal(("1", "1"), (labels["b"], labels["theirs"]));
    }

    [Fact]
    public async Task The_same_apply_to_an_untouched_object_is_not_sent_and_to_a_changed_one_it_is()
    {
        await writer.ApplyAsync(It, Labels(("a", "1")), force: true, "", Cancel);
        var version = (await ReadAsync()).ResourceVersion;
        Assert.Equal(StepResult.Done, await writer.ApplyAsync(It, Labels(("a", "1")), force: true, version, Cancel));
        Assert.Equal(version, (await ReadAsync()).ResourceVersion);
        await lab.RawAsync(
            HttpMethod.Patch, $"{It.Path}?fieldManager=somebody", "application/merge-patch+json", """{"metadata":{"labels":{"a":"9"}}}""");
        var changed = (await ReadAsync()).ResourceVersion;
        Assert.Equal(StepResult.Done, await writer.ApplyAsync(It, Labels(("a", "1")), force: true, changed, Cancel));
        Assert.Equal("1", (await ReadAsync()).Labels["a"]);
    }

    [Fact]
    public async Task A_status_goes_through_its_subresource_only_and_leaves_the_spec_alone()
    {
        var key = new ObjectKey(await lab.NewNamespaceAsync(), "gpu");
        await lab.MakeAsync(
            KubeKinds.PartitionPolicies.Resource, key, """{"spec":{"cluster":"lab","pools":["gpu"]},"status":{"counts":{"nodes":9}}}""");
        Assert.Equal(0, (await PolicyAsync(key)).Status.Counts.Nodes);
        var target = new WriteTarget(KubeKinds.PartitionPolicies.Resource, key, "status");
        var body = new JsonObject
        {
            ["spec"] = new JsonObject { ["pools"] = new JsonArray("other") },
            ["status"] = new JsonObject { ["counts"] = new JsonObject { ["nodes"] = 3 } },
        };
        Assert.Equal(StepResult.Done, await writer.ApplyAsync(target, body, force: true, "", Cancel));
        var stored = await PolicyAsync(key);
        Assert.Equal((3, "gpu", 1), (stored.Status.Counts.Nodes, stored.Spec.Pools[0], stored.Metadata.Generation));
    }

    [Fact]
    public async Task A_status_of_an_object_that_is_gone_creates_nothing()
    {
        var key = new ObjectKey(await lab.NewNamespaceAsync(), "gone");
        var target = new WriteTarget(KubeKinds.PartitionPolicies.Resource, key, "status");
        Assert.Equal(
            StepResult.Gone,
            await writer.ApplyAsync(
            target, new JsonObject { ["status"] = new JsonObject() }, force: true, "", Cancel));
    }

    private async Task<V1ObjectMeta> ReadAsync() =>
        (await client.GetAsync(KubeKinds.Secrets, it, Cancel)).Metadata;

    private Task<PartitionPolicyObject> PolicyAsync(ObjectKey key) =>
        client.GetAsync(KubeKinds.PartitionPolicies, key, Cancel);

    private static JsonObject Labels(params (string Key, string Value)[] labels)
    {
        var map = new JsonObject();
        foreach (var (key, value) in labels)
            map[key] = value;
        return new JsonObject { ["metadata"] = new JsonObject { ["labels"] = map } };
    }
}
