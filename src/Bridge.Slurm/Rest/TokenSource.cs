using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Bridge.Slurm.Rest;

/// <summary>
/// Mints auth/jwt tokens (HS256, claims exp, iat, sun) for minutes. There is no timer: a token past four fifths of its
/// life is replaced
/// when the next request asks, so renewal cannot stop. The key is read again for each token, so a rotated key is seen.
/// </summary>
internal sealed class TokenSource(string user, TimeSpan lifetime, TokenKeySource key, TimeProvider clock) : IDisposable
{
    private static readonly string Header = Base64Url.EncodeToString("""{"alg":"HS256","typ":"JWT"}"""u8);

    // Slurm refuses a token issued in its own future: tokens are dated back a little for clocks that differ.
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim gate = new(1, 1);
    private string token = "";
    private DateTimeOffset renewAt = DateTimeOffset.MinValue;

    /// <summary>A token with at least a fifth of its life left.</summary>
    public async ValueTask<string> GetAsync(CancellationToken cancel)
    {
        await gate.WaitAsync(Timeout.Infinite, cancel);
        try
        {
            var now = clock.GetUtcNow();
            // A clock that went back far enough to make the token's date lie in the future also makes a new one.
            if (token.Length == 0 || now >= renewAt || now < renewAt - lifetime)
            {
                token = Mint((await key(cancel)).Span, now);
                renewAt = now + (lifetime * 0.8);
            }
            return token;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Forgets a token that Slurm refused, unless another request has already replaced it.</summary>
    public async ValueTask RefusedAsync(string refused, CancellationToken cancel)
    {
        await gate.WaitAsync(Timeout.Infinite, cancel);
        if (token == refused)
            token = "";
        gate.Release();
    }

    public void Dispose() => gate.Dispose();

    private string Mint(ReadOnlySpan<byte> secret, DateTimeOffset now)
    {
        if (secret.IsEmpty)
            throw new TokenKeyException("the HS256 key is empty");
        var issued = now - Skew;
        var payload =
            $$"""{"exp":{{(now + lifetime).ToUnixTimeSeconds()}},"iat":{{issued.ToUnixTimeSeconds()}},"sun":"{{JsonEncodedText.Encode(user)}}"}""";
        var signed = $"{Header}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(payload))}";
        return $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(signed)))}";
    }
}

/// <summary>The key that tokens are minted with cannot be read. The message holds nothing of the key.</summary>
public sealed class TokenKeyException(string message, Exception? inner = null) : Exception(message, inner);
