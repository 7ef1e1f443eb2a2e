using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Bridge.Adapter.Tests.KubeFake;

internal static class FakeAnswer
{
    public static Task JsonAsync(HttpContext http, int code, JsonNode body)
    {
        http.Response.StatusCode = code;
        http.Response.ContentType = "application/json";
        return http.Response.WriteAsync(body.ToJsonString(), http.RequestAborted);
    }

    public static Task TextAsync(HttpContext http, int code, string body)
    {
        http.Response.StatusCode = code;
        http.Response.ContentType = "text/plain";
        return http.Response.WriteAsync(body, http.RequestAborted);
    }

    public static Task StatusAsync(HttpContext http, int code, string reason, string message, string kind = "things") =>
        JsonAsync(http, code, Status(code, reason, message, kind));

    public static JsonObject Status(int code, string reason, string message, string kind = "things") => new()
    {
        ["kind"] = "Status",
        ["apiVersion"] = "v1",
        ["metadata"] = new JsonObject(),
        ["status"] = "Failure",
        ["message"] = message,
        ["reason"] = reason,
        ["details"] = new JsonObject { ["kind"] = kind },
        ["code"] = code,
    };
}
