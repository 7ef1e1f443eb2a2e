using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Bridge.Kube.Models;
using k8s.Autorest;

namespace Bridge.Kube.Client;

/// <summary>Why a request brought nothing: what the server said, or that it said nothing.</summary>
/// <param name="Code">HTTP status; 0 when no sensible answer came.</param>
/// <param name="Reason">Status.reason such as NotFound, Conflict, Expired; empty when the answer was no Status
/// object.</param>
/// <param name="Message">One sentence.</param>
/// <param name="After">How long the server wishes to be left alone.</param>
/// <param name="About">What the Status names: its kind or plural, such as nodes or namespaces; else empty.</param>
public sealed record KubeFailure(int Code, string Reason, string Message, TimeSpan? After = null, string About = "")
{
    private const int MostBytes = 64 * 1024;
    private const int MostText = 200;

    /// <summary>The resourceVersion or continue token is too old: list again.</summary>
    public bool Expired => Code == (int)HttpStatusCode.Gone;

    /// <summary>The API server itself answered, as opposed to a proxy in front of it.</summary>
    public bool FromApi => Reason.Length > 0;

    public static KubeFailure NoAnswer(string why) => new(0, "", why);

    /// <summary>From a Status that came with HTTP 2xx: as an ERROR event, or in place of the object.</summary>
    public static KubeFailure From(Status status) => new(
        status.Code,
        status.Reason.Length > 0 ? status.Reason : "Unknown",
        Describe(status),
        Wish(status),
        status.Details?.Kind ?? "");

    /// <summary>From an answer other than 2xx.</summary>
    public static async Task<KubeFailure> ReadAsync(
        HttpResponseMessage answer, TimeProvider time, CancellationToken cancel)
    {
        var body = await ReadSomeAsync(answer, cancel);
        return From((int)answer.StatusCode, answer.ReasonPhrase, body, RetryAfter(answer.Headers, time));
    }

    /// <summary>From an answer other than 2xx to a typed call.</summary>
    public static KubeFailure From(HttpOperationException refused, TimeProvider time)
    {
        using var answer = new HttpResponseMessage();
        foreach (var (name, values) in refused.Response.Headers)
            answer.Headers.TryAddWithoutValidation(name, values);
        return From(
            (int)refused.Response.StatusCode, refused.Response.ReasonPhrase,
            Encoding.UTF8.GetBytes(refused.Response.Content ?? ""), RetryAfter(answer.Headers, time));
    }

    private static KubeFailure From(int code, string? phrase, byte[] body, TimeSpan? after)
    {
        if (TryStatus(body) is { } status)
            return From(status) with { Code = code, After = after ?? Wish(status) };
        var text = Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, MostText))).ReplaceLineEndings(" ")
            .Trim();
        return new KubeFailure(
            code, "", $"HTTP {code} {phrase} {(text.Length > 0 ? $"'{text}'" : "")}".TrimEnd(), after);
    }

    private static TimeSpan? RetryAfter(HttpResponseHeaders headers, TimeProvider time) =>
        headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - time.GetUtcNow() is var wait && wait > TimeSpan.Zero ? wait : TimeSpan.Zero,
        _ => null,
    };

    private static TimeSpan? Wish(Status status) =>
        status.Details is { RetryAfterSeconds: > 0 and var seconds } ? TimeSpan.FromSeconds(seconds) : null;

    private static string Describe(Status status)
    {
        var text = new StringBuilder(status.Message.Length > 0 ? status.Message : status.Reason);
        foreach (var cause in status.Details?.Causes ?? [])
        {
            if (cause.Message.Length > 0 && !status.Message.Contains(cause.Message, StringComparison.Ordinal))
                text.Append(CultureInfo.InvariantCulture, $"; {cause.Field}: {cause.Message}");
        }
        return text.ToString();
    }

    private static Status? TryStatus(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, CoreJson.Default.Status) is { Kind: "Status" } status ? status
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static async Task<byte[]> ReadSomeAsync(HttpResponseMessage answer, CancellationToken cancel)
    {
        await using var stream = await answer.Content.ReadAsStreamAsync(cancel);
        var buffer = new byte[MostBytes];
        var length = await stream.ReadAtLeastAsync(buffer, MostBytes, throwOnEndOfStream: false, cancel);
        return buffer[..length];
    }
}

/// <summary>Thrown by reads that brought nothing. Writes turn it into a <see cref="Control.StepResult"/>.</summary>
public sealed class KubeException : Exception
{
    public KubeException(KubeFailure failure, Exception? inner = null)
        : base(failure.Message, inner) => Failure = failure;

    public KubeException()
        : this(KubeFailure.NoAnswer("no answer"))
    {
    }

    public KubeException(string message)
        : this(KubeFailure.NoAnswer(message))
    {
    }

    public KubeException(string message, Exception innerException)
        : this(KubeFailure.NoAnswer(message), innerException)
    {
    }

    public KubeFailure Failure { get; }
}
