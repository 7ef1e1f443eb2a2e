using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Bridge.Slurm;
using Bridge.Slurm.Rest;
using Bridge.Testing;

namespace Bridge.Adapter.Tests.Slurm;

public sealed class TokenSourceTests
{
    private readonly ManualTime time = new();
    private byte[] key = [1, 2, 3, 4];
    private int reads;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_token_carries_user_and_times_and_is_signed_with_the_key()
    {
        using var tokens = Tokens("bridge");
        var parts = (await tokens.GetAsync(Cancel)).Split('.');
        var claims = JsonNode.Parse(Base64Url.DecodeFromChars(parts[1]))!;
        Assert.Equal("bridge", (string?)claims["sun"]);
        Assert.Equal(time.GetUtcNow().AddMinutes(10).ToUnixTimeSeconds(), (long)claims["exp"]!);
        Assert.True((long)claims["iat"]! <= time.GetUtcNow().ToUnixTimeSeconds());
        Assert.Equal(HMACSHA256.HashData(key, Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}")),
            Base64Url.DecodeFromChars(parts[2]));
    }

    [Fact]
    public async Task A_token_is_kept_for_four_fifths_of_its_life_and_then_minted_with_the_key_read_again()
    {
        using var tokens = Tokens("bridge");
        var first = await tokens.GetAsync(Cancel);
        time.Advance(TimeSpan.FromMinutes(7.9));
        Assert.Equal(first, await tokens.GetAsync(Cancel));
        Assert.Equal(1, reads);
        key = [5];
        time.Advance(TimeSpan.FromMinutes(0.2));
        Assert.NotEqual(first, await tokens.GetAsync(Cancel));
        Assert.Equal(2, reads);
    }

    [Fact]
    public async Task A_refused_token_is_forgotten_once_whoever_reports_it()
    {
        using var tokens = Tokens("bridge");
        var first = await tokens.GetAsync(Cancel);
        key = [7];
        await tokens.RefusedAsync(first, Cancel);
        var second = await tokens.GetAsync(Cancel);
        await tokens.RefusedAsync(first, Cancel); // a slower request that was sent with the first one
        Assert.Equal(second, await tokens.GetAsync(Cancel));
        Assert.NotEqual(first, second);
        Assert.Equal(2, reads);
    }

    [Fact]
    public async Task A_user_name_cannot_add_a_claim()
    {
        using var tokens = Tokens("""x","exp":9999999999,"a":"b""");
        var claims =
            JsonNode.Parse(Base64Url.DecodeFromChars((await tokens.GetAsync(Cancel)).Split('.')[1]))!.AsObject();
        Assert.Equal(["exp", "iat", "sun"], claims.Select(c => c.Key));
    }

    [Fact]
    public async Task An_empty_key_is_an_error_that_says_so()
    {
        key = [];
        using var tokens = Tokens("bridge");
        Assert.Equal("the HS256 key is empty",
            (await Assert.ThrowsAsync<TokenKeyException>(async () => await tokens.GetAsync(Cancel))).Message);
    }

    [Theory]
    [InlineData("http://127.0.0.1:6820", "")]
    [InlineData("https://slurm.example:6820", "")]
    [InlineData("unix:/run/slurmrestd.sock", "")]
    [InlineData("unix:/run/slurm/../docker.sock", "without '..'")]
    [InlineData("127.0.0.1:6820", "neither https://HOST:PORT, http://HOST:PORT nor unix:/PATH")]
    [InlineData("unix:relative", "absolute path")]
    [InlineData("http://user:secret@host:6820", "neither")]
    [InlineData("http://host:6820/slurm", "neither")]
    [InlineData("", "neither")]
    public void An_address_is_one_or_says_what_would_be(string text, string problem) =>
        Assert.Contains(problem, SlurmAddress.TryParse(text, out _), StringComparison.Ordinal);

    [Fact]
    public void Options_name_every_problem_at_once()
    {
        var options = new SlurmOptions { RestUrl = "x", User = "a b", TokenLifetime = TimeSpan.Zero, ReadBudget = 5 };
        Assert.Equal(["restUrl", "user", "tokenLifetime", "readBudget"], options.Problems()
            .Select(p => p.Split(':')[0]));
    }

    private TokenSource Tokens(string user) => new(
        user,
        TimeSpan.FromMinutes(10),
        _ =>
        {
            reads++;
            return ValueTask.FromResult<ReadOnlyMemory<byte>>(key);
        },
        time);
}
