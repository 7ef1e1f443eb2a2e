using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;

namespace Bridge.Lab.Faults;

/// <summary>
/// Carries heads of messages over a proxy. What belongs to one connection alone (RFC 9110, 7.6.1) stays behind.
/// </summary>
internal static class ProxyMessage
{
    private static readonly HashSet<string> OfOneConnection = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Host",
    };

    public static HttpRequestMessage Request(HttpRequest from, Uri upstream)
    {
        var message = new HttpRequestMessage(
            new HttpMethod(from.Method), new Uri(upstream, from.GetEncodedPathAndQuery()))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        if (from.ContentLength > 0 || from.Headers.TransferEncoding.Count > 0
            || (from.Protocol == "HTTP/2" && from.ContentType is not null))
            message.Content = new StreamContent(from.Body);
        foreach (var (name, values) in from.Headers)
            if (!OfOneConnection.Contains(name) && !name.StartsWith(':')
                && !message.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
                message.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        return message;
    }

    public static void CopyHead(HttpResponseMessage from, HttpResponse to)
    {
        to.StatusCode = (int)from.StatusCode;
        foreach (var (name, values) in from.Headers.Concat(from.Content.Headers))
            if (!OfOneConnection.Contains(name))
                to.Headers[name] = values.ToArray();
    }
}
