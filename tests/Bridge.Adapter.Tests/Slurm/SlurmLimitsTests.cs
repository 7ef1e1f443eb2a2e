using Bridge.Adapter.Tests.ApiServer;
using Bridge.Core.View;
using Bridge.Slurm;
using Bridge.Testing;
using Microsoft.Extensions.Logging;

namespace Bridge.Adapter.Tests.Slurm;

/// <summary>What a SlurmCluster cannot make the daemon do, whoever writes it.</summary>
public sealed class SlurmLimitsTests : IAsyncLifetime
{
    private static readonly SlurmLimits Limits = new()
    {
        RefusedUsers = ["root", "slurm", "toor"],
        SocketFolders = ["/run/slurm"],
    };

    private readonly SeenLogs logs = new(LogLevel.Trace);
    private FakeSlurmrestd slurm = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => slurm = await FakeSlurmrestd.StartAsync();

    public async ValueTask DisposeAsync() => await slurm.DisposeAsync();

    [Theory]
    [InlineData("https://slurm:6820", "bridge", "")]
    [InlineData("https://slurm:6820", "root", "user: 'root' is refused")]
    [InlineData("https://slurm:6820", "toor", "user: 'toor' is refused")]
    [InlineData("https://slurm:6820", "slurm", "with AdminLevel=Administrator, such as bridge")]
    [InlineData("https://slurm:6820", "0", "user: '0' is not a Slurm user name")]
    [InlineData("https://slurm:6820", "+0", "user: '+0' is not a Slurm user name")]
    [InlineData("https://slurm:6820", "root\n", "is not a Slurm user name: a letter or _")]
    [InlineData("https://slurm:6820", "", "is not a Slurm user name")]
    [InlineData("unix:/run/slurm/rest.sock", "bridge", "")]
    [InlineData("unix:/run/slurm/a/rest.sock", "bridge", "")]
    [InlineData("unix:/run/slurm", "bridge", "speaks to no socket /run/slurm: allowed are those in /run/slurm")]
    [InlineData("unix:/run/slurmer/rest.sock", "bridge", "--slurmrestd-sockets DIR")]
    [InlineData("unix:/run/slurm/../docker.sock", "bridge", "without '..'")]
    [InlineData("unix:/run/docker.sock", "bridge", "restUrl: the daemon speaks to no socket /run/docker.sock")]
    [InlineData("http://127.0.0.1:6820", "bridge", "")]
    [InlineData("http://localhost:6820", "bridge", "")]
    [InlineData("http://[::1]:6820", "bridge", "")]
    [InlineData("http://slurm:6820", "bridge", "can be read on the way: use https://")]
    [InlineData("http://127.0.0.1.example:6820", "bridge", "say spec.allowPlainHttp: true")]
    public void What_may_not_be_is_refused_with_what_would_be_right(string url, string user, string problem)
    {
        var options = new SlurmOptions { RestUrl = url, User = user, Limits = Limits };
        if (problem.Length == 0)
            Assert.Empty(options.Problems());
        else
            Assert.Contains(problem, Assert.Single(options.Problems()), StringComparison.Ordinal);
    }

    [Fact]
    public void Tokens_travel_readable_only_where_that_was_said() =>
        Assert.Empty(new SlurmOptions { RestUrl = "http://slurm:6820", AllowPlainHttp = true }.Problems());

    [Fact]
    public void A_text_client_that_the_daemon_was_not_given_is_named_with_those_that_it_was()
    {
        var limits = Limits with { TextClients = Limits.TextClients.Add("", ["x"]).Add("a", ["y"]).Add("b", ["z"]) };
        var options = new SlurmOptions { RestUrl = "https://slurm", TextClient = "c", Limits = limits };
        Assert.Equal(
            "slurmClient: the daemon has no client 'c'; it has a, b (bridge run --slurm-client c=COMMAND)",
            Assert.Single(options.Problems()));
        Assert.Empty((options with { TextClient = "b" }).Problems());
        Assert.Empty((options with { TextClient = "" }).Problems());
    }

    [Theory]
    [InlineData("https://slurm:6820", "https://slurm:6820", "")]
    [InlineData("https://slurm:6820", "https://SLURM:6820/", "")]
    [InlineData("https://slurm:6820", "slurm:6820", "")]
    [InlineData("https://slurm", "slurm:443", "")]
    [InlineData("unix:/run/slurm/a.sock", "https://other:1, unix:/run/slurm/a.sock", "")]
    [InlineData("https://slurm:6820", null, "it has no annotation slurmbridge.io/allowed-addresses")]
    [InlineData("https://slurm:6820", " ", "it has no annotation slurmbridge.io/allowed-addresses")]
    [InlineData("https://evil:6820", "https://slurm:6820 other:1", "allows https://slurm:6820, other:1 only")]
    [InlineData("https://slurm:6821", "https://slurm:6820", "only")]
    [InlineData("http://slurm:6820", "https://slurm:6820", "only")]
    [InlineData("https://slurm:6820", "*", "only")]
    [InlineData("https://slurm:6820", "slurm", "only")]
    [InlineData("unix:/run/slurm/b.sock", "unix:/run/slurm/a.sock", "only")]
    [InlineData("unix:/run/a", "slurmrestd:80", "only")]
    public void A_key_is_used_only_with_the_addresses_that_its_Secret_names(
        string url, string? annotation, string problem)
    {
        var seen = AllowedAddresses.Problem(annotation, url);
        Assert.True(problem.Length == 0 ? seen.Length == 0 : seen.Contains(problem, StringComparison.Ordinal), seen);
    }

    [Fact]
    public async Task Options_that_cannot_work_ask_nobody_and_say_why_in_the_view()
    {
        var view = await ReadAsync(new SlurmOptions { RestUrl = slurm.Url, User = "root" });
        Assert.False(view.Nodes.Synced);
        Assert.Contains("user: 'root' is refused", view.Nodes.Error, StringComparison.Ordinal);
        Assert.Empty(slurm.Asked);
    }

    [Fact]
    public async Task A_user_that_turns_out_to_be_SlurmUser_is_asked_in_the_name_of_no_more()
    {
        slurm.Answer("conf", 200, """{"slurm_conf":{"SlurmUser":"hpc"},"errors":[]}""");
        var options = new SlurmOptions { RestUrl = slurm.Url, User = "hpc" };
        using var port = Port(options);
        var view = await port.ReadAsync(Cancel);
        Assert.Contains("'hpc' is the SlurmUser of this Slurm", view.Nodes.Error, StringComparison.Ordinal);
        Assert.EndsWith("conf/", slurm.Asked.Last(), StringComparison.Ordinal);
        var asked = slurm.Asked.Count;
        Assert.Contains("SlurmUser", (await port.ReadAsync(Cancel)).Nodes.Error, StringComparison.Ordinal);
        Assert.Equal(asked, slurm.Asked.Count);
        Assert.True((await ReadAsync(options with { User = "bridge" })).Nodes.Synced);
    }

    [Fact]
    public async Task Whatever_slurmrestd_answers_no_token_comes_into_a_log_or_the_view()
    {
        using var port = Port(new SlurmOptions { RestUrl = slurm.Url });
        var said = new List<SourceState>();
        async Task ReadOnceAsync() => said.Add((await port.ReadAsync(Cancel)).Nodes);
        await ReadOnceAsync();
        foreach (var status in new[] { 200, 400, 401, 500, 511 })
        {
            slurm.Everything = context =>
            {
                context.Response.StatusCode = status;
                var token = context.Request.Headers["X-SLURM-USER-TOKEN"];
                return context.Response.Body.WriteAsync(System.Text.Encoding.UTF8.GetBytes(
                    status == 500 ? $$"""{"errors":[{"error":"no {{token}}"}]}""" : $"odd token {token}")).AsTask();
            };
            await ReadOnceAsync();
        }
        Assert.Contains(said, s => s.Error.Contains("sends Bridge's token back", StringComparison.Ordinal));
        Assert.NotEmpty(logs.All);
        Assert.NotEmpty(slurm.Tokens);
        foreach (var token in slurm.Tokens.Distinct())
        {
            // Not even a part of it: header, claims and signature are each enough to search for.
            Assert.All(token.Split('.'), part => Assert.DoesNotContain(part, logs.All, StringComparison.Ordinal));
            Assert.DoesNotContain(said, s => s.Error.Contains(token, StringComparison.Ordinal));
        }
    }

    private async Task<SlurmView> ReadAsync(SlurmOptions options)
    {
        using var port = Port(options);
        return await port.ReadAsync(Cancel);
    }

    private SlurmPort Port(SlurmOptions options) => new(
        options, _ => ValueTask.FromResult<ReadOnlyMemory<byte>>(new byte[] { 1, 2, 3 }), null, () => true,
        new ManualTime(), logs.CreateLogger<SlurmPort>());
}
