using System.Text.Json.Serialization.Metadata;
using Bridge.ApiServer.Meta;
using Bridge.ApiServer.OpenApi;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Bridge.ApiServer.Serving;

/// <summary>Maps one group version: discovery, OpenAPI, health and its resources.</summary>
public static class ApiGroupRoutes
{
    private const string AggregatedDiscoveryType =
        "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

    /// <param name="routes">Where to.</param>
    /// <param name="resources">All of one group version; one at least.</param>
    /// <param name="settings">Who may, and how long.</param>
    public static void Map(
        IEndpointRouteBuilder routes, IReadOnlyList<ServedResource> resources, ServingSettings settings)
    {
        ArgumentOutOfRangeException.ThrowIfZero(resources.Count, nameof(resources));
        var gate = new ApiGate(settings);
        var discovery = new GroupDiscovery([.. resources.Select(r => r.Names)]);
        MapHealth(routes, resources);
        MapDiscovery(routes, gate, discovery);
        MapOpenApi(routes, gate, discovery, resources);
        foreach (var resource in resources)
        {
            var root = $"/apis/{resource.Names.GroupVersion}";
            var handler = gate.Authenticated(resource.Endpoint(settings, gate));
            routes.Map($"{root}/{resource.Names.Plural}", handler);
            routes.Map($"{root}/namespaces/{{namespace}}/{resource.Names.Plural}", handler);
            routes.Map($"{root}/namespaces/{{namespace}}/{resource.Names.Plural}/{{name}}", handler);
        }
        routes.MapFallback("{**path}", gate.Authenticated(static (context, _) =>
            Replies.WriteAsync(context, Failures.NoSuchPath(context.Request.Path))));
    }

    private static void MapHealth(IEndpointRouteBuilder routes, IReadOnlyList<ServedResource> resources)
    {
        RequestDelegate alive = static context => Replies.WriteTextAsync(context, 200, "ok");
        routes.MapGet("/healthz", alive);
        routes.MapGet("/livez", alive);
        RequestDelegate ready = context => resources.FirstOrDefault(r => r.Unknown.Length > 0) is { } waiting
            ? Replies.WriteTextAsync(context, 503, $"{waiting.Names.Plural} are not known yet: {waiting.Unknown}\n")
            : Replies.WriteTextAsync(context, 200, "ok");
        routes.MapGet("/readyz", ready);
    }

    private static void MapDiscovery(IEndpointRouteBuilder routes, ApiGate gate, GroupDiscovery discovery)
    {
        routes.MapGet("/apis", gate.Authenticated((context, _) =>
            ObjectForms.OfDiscovery(context.Request.Headers.Accept) switch
            {
                ObjectForm.None => NotAcceptable(context),
                ObjectForm.AggregatedDiscovery => Replies.WriteAsync(
                    context, discovery.Aggregated, MetaJson.Default.ApiGroupDiscoveryList, AggregatedDiscoveryType),
                _ => Replies.WriteAsync(context, discovery.Groups, MetaJson.Default.ApiGroupList),
            }));
        MapDocument(routes, gate, $"/apis/{discovery.Group}", discovery.OneGroup, MetaJson.Default.ApiGroup);
        var version = $"/apis/{discovery.Group}/{discovery.Version}";
        MapDocument(routes, gate, version, discovery.Resources, MetaJson.Default.ApiResourceList);
    }

    private static void MapDocument<TBody>(
        IEndpointRouteBuilder routes, ApiGate gate, string path, TBody body, JsonTypeInfo<TBody> json) =>
        routes.MapGet(path, gate.Authenticated((context, _) => Acceptable(context)
            ? Replies.WriteAsync(context, body, json)
            : NotAcceptable(context)));

    private static void MapOpenApi(
        IEndpointRouteBuilder routes, ApiGate gate, GroupDiscovery discovery, IReadOnlyList<ServedResource> resources)
    {
        var document = OpenApiDocument.Build(
            discovery.Group, discovery.Version, resources.Select(r => (r.Names, r.Schemas)));
        var index = OpenApiDocument.BuildIndex(discovery.Group, discovery.Version, document);
        MapBytes("/openapi/v3", index);
        MapBytes($"/openapi/v3/apis/{discovery.Group}/{discovery.Version}", document);
        MapBytes("/openapi/v2", SwaggerDocument.Of(document));

        void MapBytes(string path, byte[] body) => routes.MapGet(path, gate.Authenticated((context, _) =>
        {
            if (!Acceptable(context))
                return NotAcceptable(context);
            context.Response.ContentType = Replies.JsonType;
            return Replies.WriteAsync(context, body);
        }));
    }

    private static bool Acceptable(HttpContext context) =>
        ObjectForms.OfDiscovery(context.Request.Headers.Accept) is not ObjectForm.None;

    private static Task NotAcceptable(HttpContext context) =>
        Replies.WriteAsync(context, Failures.NotAcceptable(context.Request.Headers.Accept.ToString()));
}
