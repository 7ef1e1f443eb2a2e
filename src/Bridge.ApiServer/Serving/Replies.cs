using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Bridge.ApiServer.Meta;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Bridge.ApiServer.Serving;

/// <summary>Writes whole answers.</summary>
internal static class Replies
{
    public const string JsonType = "application/json";

    public static Task WriteAsync(HttpContext context, Failure status)
    {
        context.Response.StatusCode = status.Code;
        if (status.Details?.RetryAfterSeconds is { } seconds)
            context.Response.Headers[HeaderNames.RetryAfter] = seconds.ToString(CultureInfo.InvariantCulture);
        return WriteAsync(context, status, MetaJson.Default.Failure);
    }

    public static Task WriteAsync<TBody>(
        HttpContext context, TBody body, JsonTypeInfo<TBody> json, string contentType = JsonType)
    {
        context.Response.ContentType = contentType;
        var bytes = JsonSerializer.SerializeToUtf8Bytes(body, json);
        return WriteAsync(context, bytes);
    }

    public static Task WriteTextAsync(HttpContext context, int code, string text)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return WriteAsync(context, System.Text.Encoding.UTF8.GetBytes(text));
    }

    public static Task WriteAsync(HttpContext context, ReadOnlyMemory<byte> body)
    {
        context.Response.ContentLength = body.Length;
        return context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }
}
