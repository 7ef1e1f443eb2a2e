using System.Net;
using System.Net.Http.Headers;
using k8s.Authentication;

namespace Bridge.Kube.Client;

/// <summary>
/// A bearer token that may be replaced while Bridge runs. The library's own reader of token files fails while the file
/// is being replaced, and never reads it again because the server said 401.
/// </summary>
public abstract class BearerToken : ITokenProvider
{
    public static BearerToken Fixed(string value) => new FixedToken(value);

    /// <summary>The token in a file, which kubelet renews there.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static BearerToken FromFile(string path, TimeProvider time) => new FileToken(path, time);

    /// <summary>The token to send.</summary>
    /// <exception cref="KubeException">There is none, and none can be had.</exception>
    public abstract ValueTask<string> CurrentAsync(CancellationToken cancel);

    /// <summary>
    /// Gets another token at once, because the server refused <paramref name="refused"/>. Null: there is no other.
    /// </summary>
    /// <exception cref="KubeException">None can be had.</exception>
    public abstract ValueTask<string?> RenewAsync(string refused, CancellationToken cancel);

    public async Task<AuthenticationHeaderValue> GetAuthenticationHeaderAsync(CancellationToken cancellationToken) =>
        new("Bearer", await CurrentAsync(cancellationToken));

    private sealed class FixedToken(string value) : BearerToken
    {
        public override ValueTask<string> CurrentAsync(CancellationToken cancel) => new(value);

        public override ValueTask<string?> RenewAsync(string refused, CancellationToken cancel) =>
            new(value != refused ? value : null);

        public override string ToString() => "a fixed token";
    }

    private sealed class FileToken : BearerToken
    {
        private static readonly TimeSpan RereadAfter = TimeSpan.FromSeconds(10);

        private readonly string path;
        private readonly TimeProvider time;
        private readonly Lock gate = new();
        private string value;
        private long readAt;

        public FileToken(string path, TimeProvider time)
        {
            this.path = path;
            this.time = time;
            value = Read(path);
            readAt = time.GetTimestamp();
        }

        public override ValueTask<string> CurrentAsync(CancellationToken cancel)
        {
            lock (gate)
                return new(time.GetElapsedTime(readAt) < RereadAfter ? value : Reread());
        }

        public override ValueTask<string?> RenewAsync(string refused, CancellationToken cancel)
        {
            lock (gate)
                return new(Reread() is var read && read != refused ? read : null);
        }

        public override string ToString() => $"the token in {path}";

        private string Reread()
        {
            readAt = time.GetTimestamp();
            try
            {
                var read = Read(path);
                value = read.Length > 0 ? read : value;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A token that is being replaced may be absent for a moment; the server decides whether the old one
                // still counts.
            }
            return value;
        }

        private static string Read(string path) => File.ReadAllText(path).Trim();
    }
}

/// <summary>Sends a request again with a newer token when the server refuses the one that it carried.</summary>
internal sealed class TokenRenewal(BearerToken token) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var answer = await base.SendAsync(request, cancellationToken);
        if (answer.StatusCode != HttpStatusCode.Unauthorized
            || request.Headers.Authorization?.Parameter is not { } refused
            || await token.RenewAsync(refused, cancellationToken) is not { } renewed)
            return answer;
        answer.Dispose();
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", renewed);
        return await base.SendAsync(request, cancellationToken);
    }
}
