using System.Text.Json.Nodes;
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

    /// <summary>Its transitions begin at 0 again: alone they would make the new leader an older one.</summary>
    [Fact]
    public async Task The_token_grows_also_when_the_lease_is_deleted_and_made_anew()
    {
        const string Free = """{"spec":{"holderIdentity":"","leaseDurationSeconds":1,"leaseTransitions":41}}""";
        kube.Put(KubeKinds.Leases, Lease.Name, Free, Lease.Namespace);
        var first = Start("a");
        await LeadsAsync(first);
        var before = first.Elector.Current!.Token;
        first.Client.Dispose();
        kube.Store.Remove(KubeKinds.Leases, Lease);
        kube.Store.Now += TimeSpan.FromSeconds(1);

        var second = Start("b");
        await LeadsAsync(second);
        var token = second.Elector.Current!.Token;

        Assert.Equal((42, 1), (before.Transitions, token.Transitions));
        Assert.True(token.Number > before.Number, $"{token.Number} after {before.Number}");
    }

    [Fact]
    public async Task Who_makes_a_deleted_lease_anew_in_the_same_second_has_a_higher_token_than_before()
    {
        var first = Start("a");
        await LeadsAsync(first);
        var before = first.Elector.Current!;
        kube.Store.Remove(KubeKinds.Leases, Lease);
        await Eventually.TrueAsync(
            () => before.Lost.IsCancellationRequested, "the term is over", time, () => kube.Quiet);
        await LeadsAsync(first);
        var token = first.Elector.Current!.Token;
        Assert.Equal(before.Token.LeaseCreated, token.LeaseCreated);
        Assert.True(token.Number > before.Token.Number, $"{token.Number} after {before.Token.Number}");
    }

    /// <summary>
    /// A container that is started again may have the name of the one before, which was cut off and lives.
    /// </summary>
    [Fact]
    public async Task A_lease_that_was_made_anew_is_not_the_own_one_although_name_and_transitions_are_the_same()
    {
        var first = Start("a");
        await LeadsAsync(first);
        var term = first.Elector.Current!;
        kube.Store.Remove(KubeKinds.Leases, Lease);
        kube.Store.Now += TimeSpan.FromSeconds(1);
        const string Another = """{"spec":{"holderIdentity":"a","leaseDurationSeconds":15,"leaseTransitions":1}}""";
        kube.Put(KubeKinds.Leases, Lease.Name, Another, Lease.Namespace);
        var made = time.GetUtcNow();
        await Eventually.TrueAsync(
            () => term.Lost.IsCancellationRequested, "the term is over", time, () => kube.Quiet);
        Assert.InRange(time.GetUtcNow() - made, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void Tokens_are_ordered_by_the_creation_of_the_lease_and_then_by_its_transitions()
    {
        var created = new DateTimeOffset(2026, 11, 21, 4, 0, 0, TimeSpan.Zero);
        FencingToken[] tokens =
        [
            new("a", created, 1), new("b", created, 2), new("c", created, int.MaxValue),
            new("d", created.AddSeconds(1), 1), new("e", new(2242, 1, 1, 0, 0, 0, TimeSpan.Zero), 1),
        ];
        Assert.Equal(tokens, tokens.Reverse().OrderBy(t => t.Number));
        Assert.True(tokens.All(t => t.Number > 0));
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
        Answer("""{"creationTimestamp":"2026-01-01T00:00:00Z"}""", "a", 1),
        Answer("""{"resourceVersion":"99"}""", "a", 1),
        Answer("""{"resourceVersion":"99","creationTimestamp":"2026-01-01T00:00:00Z"}""", "b", 1),
        Answer("""{"resourceVersion":"99","creationTimestamp":"2026-01-01T00:00:00Z"}""", "a", 7),
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

    private static string Answer(string metadata, string holder, int transitions) =>
        new JsonObject
        {
            ["kind"] = "Lease",
            ["metadata"] = JsonNode.Parse(metadata),
            ["spec"] = new JsonObject { ["holderIdentity"] = holder, ["leaseTransitions"] = transitions },
        }.ToJsonString();

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
