using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Bridge.Slurm.Rest;

/// <summary>
/// HTTP/1.1 to one slurmrestd over one pool of at most four connections. Every request has a deadline and a size limit;
/// a refused token
/// is minted anew once, with the key read again. Never throws for what the neighbour does.
/// </summary>
internal sealed class RestClient : IDisposable
{
    private const int EchoAtMost = 64 << 10;

    private readonly SlurmAddress address;
    private readonly TokenSource tokens;
    private readonly TimeProvider clock;
    private readonly ILogger log;
    private readonly HttpClient http;
    private long requests;

    /// <summary>
    /// With options that cannot work it asks nobody: every answer is silence, for the reasons that they give.
    /// </summary>
    public RestClient(SlurmOptions options, TokenSource tokens, TimeProvider clock, ILogger log)
    {
        User = options.User;
        Refusal = string.Join("; ", options.Problems());
        address = SlurmAddress.TryParse(options.RestUrl, out var parsed).Length == 0 ? parsed! : SlurmAddress.None;
        this.tokens = tokens;
        this.clock = clock;
        this.log = log;
        http = new HttpClient(SlurmConnection.Handler(address, options.Trust), disposeHandler: true)
        {
            BaseAddress = address.Base,
            Timeout = Timeout.InfiniteTimeSpan, // each request brings its own
            DefaultRequestVersion = HttpVersion.Version11,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
    }

    /// <summary>Requests sent so far, retries included.</summary>
    public long Requests => Interlocked.Read(ref requests);

    public SlurmAddress Address => address;

    /// <summary>In whose name it asks.</summary>
    public string User { get; }

    /// <summary>Why it asks nobody; "" while it does.</summary>
    public string Refusal { get; private set; }

    public void Refuse(string why) => Refusal = why;

    public async Task<RestAnswer> SendAsync(RestRequest request, CancellationToken cancel)
    {
        if (Refusal.Length > 0)
            return new RestAnswer.Silent(Refusal);
        for (var attempt = 1; ; attempt++)
        {
            string token;
            try
            {
                token = await tokens.GetAsync(cancel);
            }
            catch (Exception e) when (e is TokenKeyException or IOException or UnauthorizedAccessException)
            {
                return new RestAnswer.Silent($"no token for {address}: {e.Message}");
            }
            var answer = await SendOnceAsync(request, token, cancel);
            if (attempt > 1 || answer is not RestAnswer.Answered { Status: 401 or 511 } refused)
                return answer;
            log.TokenRefused(address, refused.Status);
            await tokens.RefusedAsync(token, cancel);
        }
    }

    public void Dispose() => http.Dispose();

    private async Task<RestAnswer> SendOnceAsync(RestRequest request, string token, CancellationToken cancel)
    {
        using var deadline = new CancellationTokenSource(request.Deadline, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, deadline.Token);
        using var message = Message(request, token);
        Interlocked.Increment(ref requests);
        var start = clock.GetTimestamp();
        try
        {
            using var response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, either.Token);
            var body = await ReadAsync(response.Content, request.MaxBytes, either.Token);
            if (body is null)
                return new RestAnswer.Silent($"{address} answered with more than {request.MaxBytes >> 20} MiB");
            // Words of an answer come into conditions and logs. What repeats the token is not slurmrestd.
            return body.Value.Length <= EchoAtMost && body.Value.Span.IndexOf(Encoding.ASCII.GetBytes(token)) >= 0
                ? new RestAnswer.Silent($"{address} is not slurmrestd: it sends Bridge's token back")
                : new RestAnswer.Answered((int)response.StatusCode, body.Value, clock.GetElapsedTime(start));
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new RestAnswer.Silent($"{address} did not answer within {request.Deadline.TotalSeconds:0} s");
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException)
        {
            return new RestAnswer.Silent($"{address} cannot be asked: {Cause(e)}");
        }
    }

    private static HttpRequestMessage Message(RestRequest request, string token)
    {
        var message = new HttpRequestMessage(request.Method, new Uri(request.Path, UriKind.Relative))
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        message.Headers.TryAddWithoutValidation("X-SLURM-USER-TOKEN", token);
        message.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (request.Body is { } body)
        {
            message.Content = new ByteArrayContent(body);
            message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }
        return message;
    }

    /// <summary>The whole body; null when it is larger than the limit.</summary>
    internal static async Task<ReadOnlyMemory<byte>?> ReadAsync(
        HttpContent content, int limit, CancellationToken cancel)
    {
        if (content.Headers.ContentLength > limit)
            return null;
        await using var stream = await content.ReadAsStreamAsync(cancel);
        // One more than is announced: a full buffer would grow to twice its size only to see the end.
        var buffer = new byte[(content.Headers.ContentLength ?? 16 << 10) + 1];
        var length = 0;
        for (int read; (read = await stream.ReadAsync(buffer.AsMemory(length), cancel)) > 0;)
        {
            length += read;
            if (length > limit)
                return null;
            if (length == buffer.Length)
                Array.Resize(ref buffer, (int)Math.Min(buffer.Length * 2L, limit + 1L));
        }
        return buffer.AsMemory(0, length);
    }

    private static string Cause(Exception e) => e.InnerException is { } inner and (IOException or SocketException)
        ? inner.Message : e.Message;
}
