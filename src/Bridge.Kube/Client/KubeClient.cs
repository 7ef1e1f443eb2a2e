using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Bridge.Kube.Models;
using k8s;
using k8s.Autorest;

namespace Bridge.Kube.Client;

/// <summary>One request: a path with its query, and a body for writes.</summary>
public sealed record KubeRequest(HttpMethod Method, string PathAndQuery)
{
    public ReadOnlyMemory<byte> Body { get; init; }
    public string ContentType { get; init; } = "";

    /// <summary>Bound of this request where it is tighter than <see cref="KubeLimits.Request"/>.</summary>
    public TimeSpan? Within { get; init; }
}

/// <summary>
/// Speaks to one API server through the library's client: typed calls, and the requests that it has no call for
/// (watches, slim reads, server-side apply). Every request ends in time, and what went wrong comes as
/// <see cref="KubeException"/>; nothing is retried here but a renewed token.
/// </summary>
public sealed class KubeClient : IDisposable
{
    private readonly KubeEndpoint endpoint;
    private readonly string root;
    private readonly TimeProvider time;
    private readonly Kubernetes api;
    private readonly HttpClient http;
    private volatile bool disposed;

    public KubeClient(KubeEndpoint endpoint, KubeLimits limits, TimeProvider time)
    {
        this.endpoint = endpoint;
        root = endpoint.Server.AbsoluteUri.TrimEnd('/');
        Limits = limits;
        this.time = time;
        api = KubeTransport.Create(endpoint, limits);
        http = api.HttpClient;
    }

    public KubeLimits Limits { get; }

    public void Dispose()
    {
        disposed = true;
        api.Dispose();
    }

    /// <summary>A typed call of the library, within <see cref="KubeLimits.Request"/>.</summary>
    /// <exception cref="KubeException">No answer in time, or an error.</exception>
    public Task<T> CallAsync<T>(Func<IKubernetes, CancellationToken, Task<T>> call, CancellationToken cancel) =>
        CallAsync(call, Limits.Request, cancel);

    /// <inheritdoc cref="CallAsync{T}(Func{IKubernetes, CancellationToken, Task{T}}, CancellationToken)"/>
    public async Task<T> CallAsync<T>(
        Func<IKubernetes, CancellationToken, Task<T>> call, TimeSpan within, CancellationToken cancel)
    {
        using var timer = new CancellationTokenSource(within, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancel);
        try
        {
            return await call(api, linked.Token) ?? throw new KubeException("the API server answered null");
        }
        catch (HttpOperationException e)
        {
            throw new KubeException(KubeFailure.From(e, time), e);
        }
        catch (NullReferenceException e) when (disposed)
        {
            // How the library says that it is disposed.
            throw new ObjectDisposedException(nameof(KubeClient), e);
        }
        catch (Exception e) when (Translate(e, cancel) is { } failure)
        {
            throw new KubeException(failure, e);
        }
    }

    /// <summary>Reads one object.</summary>
    /// <exception cref="KubeException">No answer, or not that object.</exception>
    public Task<T> GetAsync<T>(KubeKind<T> kind, ObjectKey key, CancellationToken cancel)
        where T : class =>
        SendAsync(new KubeRequest(HttpMethod.Get, kind.Resource.Path(key)), kind.Item, cancel);

    /// <summary>Sends one request and reads the whole answer.</summary>
    /// <exception cref="KubeException">No answer in time, an error, or an answer that is not a <typeparamref
    /// name="T"/>.</exception>
    public async Task<T> SendAsync<T>(KubeRequest request, JsonTypeInfo<T> type, CancellationToken cancel)
        where T : class
    {
        using var timer = new CancellationTokenSource(request.Within ?? Limits.Request, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancel);
        try
        {
            using var answer = await SendAsync(request, linked.Token);
            await using var body = await answer.Content.ReadAsStreamAsync(linked.Token);
            return await JsonSerializer.DeserializeAsync(body, type, linked.Token)
                ?? throw new KubeException("the API server answered null");
        }
        catch (Exception e) when (Translate(e, cancel) is { } failure)
        {
            throw new KubeException(failure, e);
        }
    }

    /// <summary>Opens a watch; the request's bound holds until the answer's head has come.</summary>
    /// <exception cref="KubeException">Refused, or no answer in time.</exception>
    internal async Task<HttpResponseMessage> OpenAsync(KubeRequest request, CancellationToken cancel)
    {
        using var timer = new CancellationTokenSource(request.Within ?? Limits.Request, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancel);
        try
        {
            return await SendAsync(request, linked.Token);
        }
        catch (Exception e) when (Translate(e, cancel) is { } failure)
        {
            throw new KubeException(failure, e);
        }
    }

    /// <summary>
    /// What an exception of the transport means; null for one that is not the neighbour's (the caller's own
    /// cancellation, a bug).
    /// </summary>
    internal static KubeFailure? Translate(Exception e, CancellationToken callers) => e switch
    {
        OperationCanceledException when callers.IsCancellationRequested => null,
        OperationCanceledException => KubeFailure.NoAnswer("the API server did not answer in time"),
        HttpRequestException { InnerException: { } inner } =>
        KubeFailure.NoAnswer($"the API server cannot be reached: {inner.Message}"),
        HttpRequestException or IOException => KubeFailure.NoAnswer($"the API server cannot be reached: {e.Message}"),
        InvalidDataException => KubeFailure.NoAnswer($"the API server's answer cannot be unpacked: {e.Message}"),
        JsonException => KubeFailure.NoAnswer($"the API server's answer is not the expected JSON: {e.Message}"),
        _ => null,
    };

    private async Task<HttpResponseMessage> SendAsync(KubeRequest request, CancellationToken cancel)
    {
        using var message = Message(request);
        if (api.Credentials is { } credentials)
            await credentials.ProcessHttpRequestAsync(message, cancel);
        var answer = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancel);
        if (answer.IsSuccessStatusCode)
            return answer;
        using (answer)
            throw new KubeException(await KubeFailure.ReadAsync(answer, time, cancel));
    }

    private HttpRequestMessage Message(KubeRequest request)
    {
        var message = new HttpRequestMessage(request.Method, new Uri(root + request.PathAndQuery))
        {
            // HttpClient's own default does not reach messages that are made by hand; only HTTP/2 has the pings.
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        message.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (endpoint.TlsServerName.Length > 0)
            message.Headers.Host = endpoint.TlsServerName;
        if (request.ContentType.Length > 0)
        {
            message.Content = new ReadOnlyMemoryContent(request.Body);
            message.Content.Headers.ContentType = new MediaTypeHeaderValue(request.ContentType);
        }
        return message;
    }
}
