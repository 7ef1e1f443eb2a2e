using Bridge.Adapter.Tests.KubeFake;
using Bridge.Control;
using Bridge.Kube.Client;
using Bridge.Kube.Models;
using Bridge.Kube.Writes;
using Bridge.Testing;
using k8s;
using k8s.Models;

namespace Bridge.Adapter.Tests.Kube;

public sealed class KubeClientTests : IAsyncLifetime
{
    private readonly ManualTime time = new();
    private FakeKube kube = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        kube = await FakeKube.StartAsync();
        kube.Put(KubeKinds.Leases, "l", """{"spec":{"holderIdentity":"a"}}""", "ns");
    }

    public async ValueTask DisposeAsync() => await kube.DisposeAsync();

    [Theory]
    [InlineData("")]
    [InlineData("kubelet-17")]
    public async Task A_server_whose_certificate_names_another_host_is_refused_under_the_right_authority(string name)
    {
        // The fake's certificate names 127.0.0.1 and kubernetes.default.svc.
        using var client = Client(kube.FarEndpoint with { TlsServerName = name });
        var typed = await Assert.ThrowsAsync<KubeException>(() => LeaseAsync(client));
        var raw = await Assert.ThrowsAsync<KubeException>(
            () => client.GetAsync(KubeKinds.Nodes, new ObjectKey("", "n1"), Cancel));
        Assert.All([typed, raw], e => Assert.Contains("NameMismatch", e.Message, StringComparison.Ordinal));
        Assert.Empty(kube.Requests);
    }

    [Fact]
    public async Task A_typed_call_goes_by_HTTP_2_and_under_the_name_that_the_certificate_carries()
    {
        using var client = Client(kube.FarEndpoint);
        Assert.Equal("a", (await LeaseAsync(client)).Spec.HolderIdentity);
        Assert.Equal(["HTTP/2"], kube.Protocols);
    }

    [Fact]
    public async Task A_typed_call_that_is_refused_says_what_the_server_said()
    {
        kube.Fail(FakeFault.On("GET", "/leases/") with
            { Code = 429, Reason = "TooManyRequests", RetryAfterSeconds = 7 });
        using var client = Client(kube.Endpoint);
        var busy = (await Assert.ThrowsAsync<KubeException>(() => LeaseAsync(client))).Failure;
        Assert.Equal((429, "TooManyRequests", TimeSpan.FromSeconds(7)), (busy.Code, busy.Reason, busy.After));
        var gone = (await Assert.ThrowsAsync<KubeException>(() => LeaseAsync(client, "absent"))).Failure;
        Assert.IsType<StepResult.GoneResult>(WriteFailure.ToResult(gone));
    }

    [Theory]
    [InlineData(502, "<html>bad gateway</html>")]
    [InlineData(200, "<html>sign in</html>")]
    [InlineData(200, "null")]
    public async Task What_a_proxy_answers_to_a_typed_call_is_no_word_of_the_API_server(int code, string body)
    {
        kube.Fail(FakeFault.On("GET", "/leases/") with { Code = code, Body = body });
        using var client = Client(kube.Endpoint);
        Assert.False((await Assert.ThrowsAsync<KubeException>(() => LeaseAsync(client))).Failure.FromApi);
    }

    [Fact]
    public async Task A_typed_call_without_an_answer_ends_at_its_bound_and_one_that_is_cancelled_at_once()
    {
        var never = new TaskCompletionSource();
        kube.Fail(FakeFault.On("GET", "/leases/") with { Until = never.Task, Times = 2 });
        using var client = Client(kube.Endpoint);
        var call = LeaseAsync(client);
        await Eventually.TrueAsync(() => call.IsCompleted, "the bound", time);
        Assert.Contains("in time", (await Assert.ThrowsAsync<KubeException>(() => call)).Message,
            StringComparison.Ordinal);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var stopped = LeaseAsync(client, cancel: stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stopped);
        never.SetResult();
    }

    [Fact]
    public async Task A_refused_token_is_read_again_and_the_request_repeated_with_its_body()
    {
        var path = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(path, "old", Cancel);
            kube.Token = "old";
            using var client = Client(kube.Endpoint with { Token = BearerToken.FromFile(path, time) });
            await LeaseAsync(client);
            await File.WriteAllTextAsync(path, "new", Cancel);
            kube.Token = "new";
            var body = new V1Lease
                { Metadata = new V1ObjectMeta { Name = "m" }, Spec = new V1LeaseSpec { HolderIdentity = "b" } };
            await client.CallAsync(
                (api, c) => api.CoordinationV1.CreateNamespacedLeaseAsync(body, "ns", cancellationToken: c), Cancel);
            Assert.Equal("b", (await LeaseAsync(client, "m")).Spec.HolderIdentity);
            Assert.Equal(4, kube.Requests.Count);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task A_client_that_is_disposed_says_so()
    {
        var client = Client(kube.Endpoint);
        client.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => LeaseAsync(client));
    }

    private KubeClient Client(KubeEndpoint endpoint) => new(endpoint, new KubeLimits(), time);

    private static Task<V1Lease> LeaseAsync(KubeClient client, string name = "l", CancellationToken? cancel = null) =>
        client.CallAsync(
            (api, c) => api.CoordinationV1.ReadNamespacedLeaseAsync(name, "ns", cancellationToken: c),
            cancel ?? Cancel);
}
