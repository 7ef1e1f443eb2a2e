using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Bridge.Daemon.Serving;

/// <summary>/metrics, /healthz, /livez and /readyz, over HTTP.</summary>
public static class MetricsEndpoint
{
    public static ListenEndpoint At(IPEndPoint address, Readiness readiness) => new(
        "metrics", (kestrel, each) => kestrel.Listen(address, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            each(listen);
        }),
        routes =>
        {
            routes.MapPrometheusScrapingEndpoint();
            routes.MapGet("/healthz", Alive);
            routes.MapGet("/livez", Alive);
            routes.MapGet("/readyz", context => ReadyAsync(context, readiness));
        });

    // The process answers: nothing that a restart would not mend is asked here.
    private static Task Alive(HttpContext context) => TextAsync(context, 200, "ok\n");

    private static Task ReadyAsync(HttpContext context, Readiness readiness)
    {
        var text = Readiness.Render(readiness.Parts(), out var ready);
        return TextAsync(context, ready ? 200 : 503, text);
    }

    private static Task TextAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text);
    }
}
