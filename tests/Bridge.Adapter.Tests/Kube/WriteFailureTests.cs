using Bridge.Adapter.Tests.KubeFake;
using Bridge.Control;
using Bridge.Kube.Client;
using Bridge.Kube.Models;
using Bridge.Kube.Writes;
using Bridge.Testing;
using k8s;
using k8s.Models;

namespace Bridge.Adapter.Tests.Kube;

/// <summary>Each way in which a write can go wrong, as one of the five results.</summary>
public sealed class WriteFailureTests : IAsyncLifetime
{
    private static readonly WriteTarget Pod = new(KubeKinds.Pods.Resource, new ObjectKey("ns", "p"));

    private readonly ManualTime time = new();
    private FakeKube kube = null!;
    private KubeClient client = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        kube = await FakeKube.StartAsync();
        client = kube.Client(time);
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await kube.DisposeAsync();
    }

    [Fact]
    public async Task An_object_that_the_API_server_does_not_know_is_gone() =>
        Assert.Equal(StepResult.Gone, await DeleteAsync());

    [Theory]
    [InlineData(404, "", "404 page not found", typeof(StepResult.UnavailableResult))]
    [InlineData(404, "", "<html>no such page</html>", typeof(StepResult.UnavailableResult))]
    [InlineData(200, "", "", typeof(StepResult.UnavailableResult))]
    [InlineData(200, "", "null", typeof(StepResult.UnavailableResult))]
    [InlineData(200, "", "{}", typeof(StepResult.UnavailableResult))]
    [InlineData(200, "", "<html>welcome</html>", typeof(StepResult.UnavailableResult))]
    [InlineData(301, "", "moved", typeof(StepResult.UnavailableResult))]
    [InlineData(401, "Unauthorized", "Unauthorized", typeof(StepResult.UnavailableResult))]
    [InlineData(403, "Forbidden", "user bridge may not", typeof(StepResult.RejectedResult))]
    [InlineData(409, "Conflict", "modified", typeof(StepResult.ConflictResult))]
    [InlineData(409, "AlreadyExists", "exists", typeof(StepResult.ConflictResult))]
    [InlineData(422, "Invalid", "spec.x: must be y", typeof(StepResult.RejectedResult))]
    [InlineData(429, "TooManyRequests", "slow down", typeof(StepResult.UnavailableResult))]
    [InlineData(500, "InternalError", "etcd", typeof(StepResult.UnavailableResult))]
    [InlineData(502, "", "bad gateway", typeof(StepResult.UnavailableResult))]
    [InlineData(504, "Timeout", "timed out", typeof(StepResult.UnavailableResult))]
    public async Task An_answer_means_one_of_the_five_results(int code, string reason, string body, Type expected)
    {
        kube.Put(KubeKinds.Pods, "p", inNamespace: "ns");
        kube.Fail(FakeFault.On("DELETE", "/pods/p") with { Code = code, Reason = reason, Body = body });
        Assert.IsType(expected, await DeleteAsync());
        Assert.NotNull(kube.Store.Find(Pod.Resource, Pod.Key));
    }

    [Fact]
    public async Task The_servers_wish_to_be_left_alone_is_passed_on()
    {
        kube.Fail(FakeFault.On("DELETE", "/pods/p") with
            { Code = 429, Reason = "TooManyRequests", Body = "slow down", RetryAfterSeconds = 7 });
        Assert.Equal(TimeSpan.FromSeconds(7), Assert.IsType<StepResult.UnavailableResult>(await DeleteAsync()).After);
    }

    [Fact]
    public async Task A_missing_namespace_refuses_a_creation()
    {
        kube.Fail(new FakeFault
        {
            When = (m, _) => m == "POST",
            Code = 404,
            Body = FakeAnswer.Status(404, "NotFound", "namespaces \"ns\" not found", "namespaces").ToJsonString(),
        });
        var body = new V1Pod { Kind = "Pod", Metadata = new V1ObjectMeta { Name = "p" } };
        var result = await new KubeWriter(client).CreateAsync(
            body, (api, c) => api.CoreV1.CreateNamespacedPodAsync(body, "ns", cancellationToken: c), Cancel);
        Assert.Contains("ns", Assert.IsType<StepResult.RejectedResult>(result).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_write_whose_answer_is_cut_off_is_unknown_even_though_it_was_done()
    {
        kube.Put(KubeKinds.Pods, "p", inNamespace: "ns");
        kube.Fail(FakeFault.On("DELETE", "/pods/p") with { Cut = true, AfterWork = true });
        Assert.IsType<StepResult.UnavailableResult>(await DeleteAsync());
        Assert.Null(kube.Store.Find(Pod.Resource, Pod.Key));
        Assert.Equal(StepResult.Gone, await DeleteAsync());
    }

    [Fact]
    public async Task A_write_that_is_not_answered_in_time_is_unknown()
    {
        var never = new TaskCompletionSource();
        kube.Fail(FakeFault.On("DELETE", "/pods/p") with { Until = never.Task });
        var deleting = DeleteAsync();
        await Eventually.TrueAsync(() => deleting.IsCompleted, "the request's own bound", time);
        Assert.Contains(
            "in time", Assert.IsType<StepResult.UnavailableResult>(await deleting).Reason, StringComparison.Ordinal);
        never.SetResult();
    }

    [Fact]
    public async Task A_server_that_is_down_is_unavailable()
    {
        await kube.DisposeAsync();
        Assert.IsType<StepResult.UnavailableResult>(await DeleteAsync());
    }

    [Fact]
    public async Task The_callers_own_cancellation_is_no_result()
    {
        using var stopped = new CancellationTokenSource();
        await stopped.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => new KubeWriter(client).DeleteAsync(Pod, "u", "", stopped.Token));
    }

    private Task<StepResult> DeleteAsync() =>
        new KubeWriter(client)
            .DeleteAsync(
            Pod, (string?)kube.Store.Find(Pod.Resource, Pod.Key)?["metadata"]!["uid"] ?? "u", "", Cancel);
}
