using Bridge.Adapter.Tests.KubeFake;
using Bridge.Kube.Client;
using Bridge.Kube.Leases;
using Bridge.Kube.Models;
using Bridge.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bridge.Adapter.Tests.Kube;

public sealed class LeaderElectorTests : IAsyncLifetime
{
    private static readonly ObjectKey Lease = new("bridge", "leader");

    private readonly ManualTime time = new();
    private readonly List<Bridge> bridges = [];
    private FakeKube kube = null!;

    public async ValueTask InitializeAsync() => kube = await FakeKube.StartAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var bridge in bridges)
            await bridge.DisposeAsync();
        await kube.DisposeAsync();
    }

    [Fact]
    public async Task The_first_of_two_leads_and_the_second_waits()
    {
        var first = Start("a");
        await LeadsAsync(first);
        var second = Start("b");
        var until = time.GetUtcNow() + TimeSpan.FromSeconds(60);
        await Eventually.TrueAsync(() => time.GetUtcNow() > until, "a minute has passed", time, () => kube.Quiet);
        Assert.True(first.Elector.IsLeader);
        Assert.False(second.Elector.IsLeader);
        Assert.Equal(1, first.Elector.Current!.Token.Transitions);
    }

    [Fact]
    public async Task A_leader_that_vanished_is_replaced_within_twenty_seconds_and_by_a_higher_token()
    {
        var first = Start("a");
        await LeadsAsync(first);
        var second = Start("b");
        var looked = () => kube.Requests.Count(r => r.StartsWith("GET", StringComparison.Ordinal)) > 2;
        await Eventually.TrueAsync(looked, "b has looked", time, () => kube.Quiet);
        first.Client.Dispose();
        var died = time.GetUtcNow();
        await LeadsAsync(second);
        Assert.InRange(time.GetUtcNow() - died, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(20));
        Assert.Equal(2, second.Elector.Current!.Token.Transitions);
    }

    [Fact]
    public async Task A_leader_that_cannot_renew_stops_before_another_may_begin()
    {
        var first = Start("a");
        await LeadsAsync(first);
        var term = first.Elector.Current!;
        kube.Fail(FakeFault.On("PUT", "/leases/") with { Code = 500, Body = "etcd is slow", Times = 1000 });
        var began = time.GetUtcNow();
        await Eventually.TrueAsync(
            () => term.Lost.IsCancellationRequested, "the term is over", time, () => kube.Quiet);
        Assert.InRange(time.GetUtcNow() - began, TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(12.5));
        Assert.False(first.Elector.IsLeader);
    }

    /// <summary>Each is what a proxy, or a cache in one, may answer with 200.</summary>
    public static TheoryData<string> NoLeaseOfOurs =>
    [
        "{}",
        """{"kind":"Status","metadata":{"resourceVersion":"99"},"status":"Success"}""",
        """{"kind":"Lease","metadata":{},"spec":{"holderIdentity":"a","leaseTransitions":1}}""",
        """{"kind":"Lease","metadata":{"resourceVersion":"99"},"spec":{"holderIdentity":"b","leaseTransitions":1}}""",
        """{"kind":"Lease","metadata":{"resourceVersion":"99"},"spec":{"holderIdentity":"a","leaseTransitions":7}}""",
    ];

    [Theory]
    [MemberData(nameof(NoLeaseOfOurs))]
    public async Task Who_is_answered_with_something_else_than_its_lease_does_not_lead(string answer)
    {
        kube.Fail(FakeFault.On("POST", "/leases") with { Code = 200, Body = answer, Times = 1000 });
        var first = Start("a");
        await Eventually.TrueAsync(
            () => kube.Requests.Count(r => r.StartsWith("POST", StringComparison.Ordinal)) > 2, "three tries", time,
            () => kube.Quiet);
        Assert.Equal(0, first.Terms);
    }

    [Theory]
    [MemberData(nameof(NoLeaseOfOurs))]
    public async Task A_renewal_that_is_answered_with_something_else_does_not_prolong_the_term(string answer)
    {
        var first = Start("a");
        await LeadsAsync(first);
        var term = first.Elector.Current!;
        kube.Fail(FakeFault.On("PUT", "/leases/") with { Code = 200, Body = answer, Times = 1000 });
        await Eventually.TrueAsync(
            () => term.Lost.IsCancellationRequested, "the term is over", time, () => kube.Quiet);
        Assert.False(first.Elector.IsLeader);
    }

    [Fact]
    public async Task A_renewal_that_is_answered_with_the_lease_as_it_was_does_not_prolong_the_term()
    {
        var first = Start("a");
        await LeadsAsync(first);
        var term = first.Elector.Current!;
        var asItWas = kube.Store.Find(KubeKinds.Leases, Lease)!.ToJsonString();
        kube.Fail(FakeFault.On("PUT", "/leases/") with { Code = 200, Body = asItWas, Times = 1000 });
        await Eventually.TrueAsync(
            () => term.Lost.IsCancellationRequested, "the term is over", time, () => kube.Quiet);
    }

    [Fact]
    public async Task A_lost_answer_to_a_renewal_does_not_end_the_term()
    {
        var first = Start("a");
        await LeadsAsync(first);
        var term = first.Elector.Current!;
        kube.Fail(FakeFault.On("PUT", "/leases/") with { Cut = true, AfterWork = true });
        var until = time.GetUtcNow() + TimeSpan.FromSeconds(60);
        await Eventually.TrueAsync(() => time.GetUtcNow() > until, "a minute has passed", time, () => kube.Quiet);
        Assert.True(term.Holds);
        Assert.Same(term, first.Elector.Current);
    }

    [Fact]
    public async Task A_leader_whose_lease_somebody_took_stops_at_its_next_renewal()
    {
        var first = Start("a");
        await LeadsAsync(first);
        var term = first.Elector.Current!;
        const string Stolen = """{"spec":{"holderIdentity":"thief","leaseDurationSeconds":15,"leaseTransitions":7}}""";
        kube.Put(KubeKinds.Leases, Lease.Name, Stolen, Lease.Namespace);
        var taken = time.GetUtcNow();
        await Eventually.TrueAsync(
            () => term.Lost.IsCancellationRequested, "the term is over", time, () => kube.Quiet);
        Assert.InRange(time.GetUtcNow() - taken, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task On_an_orderly_stop_the_lease_is_given_up_only_after_the_work_has_ended()
    {
        var first = Start("a");
        await LeadsAsync(first);
        first.WorkEnds = new TaskCompletionSource();
        var stopped = first.StopAsync();
        await Eventually.TrueAsync(() => first.Ending, "the work was told to end");
        Assert.Equal("a", Holder());
        first.WorkEnds.SetResult();
        await stopped;
        Assert.Equal("", Holder());
        var second = Start("b");
        await LeadsAsync(second);
        Assert.InRange(second.Elector.Current!.Token.Transitions, 2, int.MaxValue);
    }

    [Fact]
    public async Task Times_are_written_with_six_digits_also_on_a_whole_second()
    {
        // metav1.MicroTime knows no other form. The clock stands on a whole second until somebody moves it.
        var first = Start("a");
        await Eventually.TrueAsync(() => first.Elector.IsLeader, "it leads");
        var spec = kube.Store.Find(KubeKinds.Leases, Lease)!["spec"]!;
        Assert.Matches(@"^[\d-]{10}T[\d:]{8}\.\d{6}Z$", (string?)spec["renewTime"]);
        Assert.Matches(@"^[\d-]{10}T[\d:]{8}\.\d{6}Z$", (string?)spec["acquireTime"]);
    }

    [Fact]
    public void Options_that_contradict_each_other_are_refused_with_every_mistake()
    {
        using var client = kube.Client(time);
        var options = new LeaseOptions
        {
            Namespace = "x", Name = "y", Identity = "", RenewDeadline = TimeSpan.FromSeconds(20),
                Retry = TimeSpan.FromSeconds(15),
        };
        var thrown = Assert.Throws<ArgumentException>(
            () => new LeaderElector(client, options, time, new Random(1), NullLogger.Instance));
        Assert.Contains("Identity", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("RenewDeadline", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("Retry", thrown.Message, StringComparison.Ordinal);
    }

    private string? Holder() =>
        (string?)kube.Store.Find(KubeKinds.Leases, Lease)!["spec"]!["holderIdentity"];

    private Task LeadsAsync(Bridge bridge) =>
        Eventually.TrueAsync(() => bridge.Elector.IsLeader, $"{bridge.Name} leads", time, () => kube.Quiet);

    private Bridge Start(string name)
    {
        var bridge = new Bridge(name, kube.Client(time), time);
        bridges.Add(bridge);
        return bridge;
    }

    private sealed class Bridge : IAsyncDisposable
    {
        private readonly CancellationTokenSource stop = new();
        private readonly Task running;

        public Bridge(string name, KubeClient client, ManualTime time)
        {
            Name = name;
            Client = client;
            var options = new LeaseOptions { Namespace = Lease.Namespace, Name = Lease.Name, Identity = name };
            Elector = new LeaderElector(client, options, time, new Random(1), NullLogger.Instance);
            running = Elector.RunAsync(WorkAsync, stop.Token);
        }

        public string Name { get; }

        public KubeClient Client { get; }

        public LeaderElector Elector { get; }

        public TaskCompletionSource? WorkEnds { get; set; }

        public bool Ending { get; private set; }

        public int Terms { get; private set; }

        public async Task StopAsync()
        {
            await stop.CancelAsync();
            await running;
        }

        public async ValueTask DisposeAsync()
        {
            WorkEnds?.TrySetResult();
            Client.Dispose();
            await stop.CancelAsync();
            try
            {
                await running;
            }
            catch (ObjectDisposedException)
            {
                // A test took the client away to play a dead process.
            }
            stop.Dispose();
        }

        private async Task WorkAsync(Leadership term)
        {
            Terms++;
            var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using (term.Lost.Register(over.SetResult))
                await over.Task;
            Ending = true;
            await (WorkEnds?.Task ?? Task.CompletedTask);
        }
    }
}
