using Bridge.ApiServer.Security;
using Bridge.Testing;

namespace Bridge.Adapter.Tests.ApiServer;

public sealed class AccessCacheTests
{
    private static readonly UserInfo Alice = new("alice", ["a", "b"]);
    private static readonly AccessRequest List = new(Alice, "list", "jobs.slurmbridge.io", "slurmjobs", "team");

    private readonly ManualTime time = new(Samples.Start);
    private int asked;

    [Theory]
    [InlineData(AccessVerdict.Allowed, 10)]
    [InlineData(AccessVerdict.Denied, 5)]
    public async Task A_decision_is_asked_for_once_until_it_lapses(AccessVerdict verdict, int seconds)
    {
        var cache = Answering(verdict);
        await AskAsync(cache, List);
        time.Advance(TimeSpan.FromSeconds(seconds - 1));
        Assert.Equal(verdict, await AskAsync(cache, List));
        Assert.Equal(1, asked);

        time.Advance(TimeSpan.FromSeconds(1));
        await AskAsync(cache, List);
        Assert.Equal(2, asked);
    }

    [Fact]
    public async Task What_could_not_be_decided_is_asked_again()
    {
        var cache = Answering(AccessVerdict.Unknown);
        await AskAsync(cache, List);
        await AskAsync(cache, List);
        Assert.Equal(2, asked);
    }

    [Fact]
    public async Task Another_question_is_never_answered_by_the_same_answer()
    {
        var cache = Answering(AccessVerdict.Allowed);
        AccessRequest[] others = [List, List with { Verb = "watch" }, List with { Namespace = "" },
            List with { Name = "x" }, List with { User = Alice with { Name = "bob" } },
            List with { User = Alice with { Groups = ["ab"] } }, List with { User = Alice with { Groups = ["a"] } },
            List with { User = Alice with { Uid = "1" } },
            List with { User = Alice with { Extra = new Dictionary<string, IReadOnlyList<string>> { ["s"] = [] } } }];
        foreach (var other in others)
            await AskAsync(cache, other);
        Assert.Equal(others.Length, asked);
    }

    [Fact]
    public async Task Callers_that_ask_at_once_share_one_question_and_none_ends_it_for_the_others()
    {
        var answer = new TaskCompletionSource<AccessDecision>();
        var cache = new AccessCache(
            (_, _) =>
            {
                Interlocked.Increment(ref asked);
                return new(answer.Task);
            },
            time);
        using var leaves = new CancellationTokenSource();
        var first = cache.AuthorizeAsync(List, leaves.Token).AsTask();
        var second = AskAsync(cache, List);
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        answer.SetResult(new AccessDecision(AccessVerdict.Allowed));
        Assert.Equal(AccessVerdict.Allowed, await second);
        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task No_more_answers_are_kept_than_were_agreed()
    {
        var cache = Answering(AccessVerdict.Allowed, most: 2);
        foreach (var name in (string[])["1", "2", "3", "1"])
            await AskAsync(cache, List with { Name = name });
        Assert.Equal(4, asked);
    }

    private AccessCache Answering(AccessVerdict verdict, int most = 100) => new(
        (_, _) =>
        {
            asked++;
            return ValueTask.FromResult(new AccessDecision(verdict));
        },
        time, most);

    private static async Task<AccessVerdict> AskAsync(AccessCache cache, AccessRequest request) =>
        (await cache.AuthorizeAsync(request, TestContext.Current.CancellationToken)).Verdict;
}
