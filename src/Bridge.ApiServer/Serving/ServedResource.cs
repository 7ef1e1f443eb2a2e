using Bridge.ApiServer.Security;
using Bridge.ApiServer.Store;
using Microsoft.AspNetCore.Http;

namespace Bridge.ApiServer.Serving;

/// <summary>A resource with its objects, whatever their type: what a server is made of.</summary>
public sealed class ServedResource
{
    private readonly Func<ServingSettings, ApiGate, Func<HttpContext, UserInfo, Task>> endpoint;
    private readonly Func<string> unknown;

    private ServedResource(
        ResourceNames names,
        ReadOnlyMemory<byte> schemas,
        Func<ServingSettings, ApiGate, Func<HttpContext, UserInfo, Task>> endpoint,
        Func<string> unknown) => (Names, Schemas, this.endpoint, this.unknown) = (names, schemas, endpoint, unknown);

    public ResourceNames Names { get; }

    internal ReadOnlyMemory<byte> Schemas { get; }

    /// <summary>Why its objects are not known; empty when they are.</summary>
    internal string Unknown => unknown();

    public static ServedResource Of<T>(ResourceKind<T> kind, ObjectStore<T> store)
        where T : struct =>
        new(
            kind.Names,
            kind.Schemas,
            (settings, gate) => new ResourceEndpoint<T>(kind, store, settings, gate).ServeAsync,
            () => store.Unknown);

    internal Func<HttpContext, UserInfo, Task> Endpoint(ServingSettings settings, ApiGate gate) =>
        endpoint(settings, gate);
}
