using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Bridge.Daemon.Serving;

/// <summary>
/// One named address of the one Kestrel, with what is served there and nowhere else: a request that came in by a hook's
/// socket never meets the job API.
/// </summary>
/// <param name="Name">api, hook-socket, hook-tcp, metrics.</param>
/// <param name="Listen">Binds it; the second argument configures each address that it binds.</param>
/// <param name="Map">What is served.</param>
public sealed record ListenEndpoint(
    string Name, Action<KestrelServerOptions, Action<ListenOptions>> Listen, Action<IEndpointRouteBuilder> Map)
{
    private static readonly object Key = new();

    /// <summary>Has a Kestrel listen at all of them.</summary>
    public static void ListenAt(IEnumerable<ListenEndpoint> endpoints, KestrelServerOptions kestrel)
    {
        foreach (var endpoint in endpoints)
            endpoint.Listen(kestrel, listen => listen.Use(next => connection =>
            {
                connection.Items[Key] = endpoint;
                return next(connection);
            }));
    }

    /// <summary>Gives each of them its own routes.</summary>
    public static void MapAll(IEnumerable<ListenEndpoint> endpoints, WebApplication app)
    {
        foreach (var endpoint in endpoints)
            app.MapWhen(context => Of(context) == endpoint, branch =>
            {
                branch.UseRouting();
                branch.UseEndpoints(endpoint.Map);
            });
    }

    private static ListenEndpoint? Of(HttpContext context) =>
        context.Features.Get<IConnectionItemsFeature>()?.Items.TryGetValue(Key, out var found) is true
            ? found as ListenEndpoint : null;
}
