using System.Text.Json;
using Bridge.ApiServer.Security;
using Bridge.ApiServer.Store;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Bridge.ApiServer.Serving;

/// <summary>Answers the requests for one resource: authorizes them and hands them to get, list or watch.</summary>
internal sealed class ResourceEndpoint<T>(
    ResourceKind<T> kind, ObjectStore<T> store, ServingSettings settings, ApiGate gate)
    where T : struct
{
    private readonly ListAnswer<T> list = new(kind, store);
    private readonly WatchAnswer<T> watch = new(kind, store, settings);

    public async Task ServeAsync(HttpContext context, UserInfo user)
    {
        var ns = context.GetRouteValue("namespace") as string ?? "";
        var name = context.GetRouteValue("name") as string ?? "";
        var access = new AccessRequest(user, VerbOf(context.Request, name), kind.Names.Group, kind.Names.Plural, ns)
        {
            Name = name,
        };
        if (!kind.Names.Verbs.Contains(access.Verb))
        {
            context.Response.Headers.Allow = "GET";
            await Replies.WriteAsync(context, Failures.MethodNotAllowed(kind.Names, access.Verb));
            return;
        }
        var options = new ListOptionsReader<T>(context.Request.Query, kind.AllFields).Read(out var failure);
        var required = options?.Fields.Required ?? [];
        if (name.Length == 0 && required.FirstOrDefault(r => r.Path == "metadata.name").Value is { } only)
            access = access with { Name = only };
        failure = await gate.CheckAsync(kind.Names, access, context.RequestAborted) ?? failure;
        if (failure is not null || options is null)
        {
            await Replies.WriteAsync(context, failure!);
            return;
        }
        await AnswerAsync(context, access, options);
    }

    private Task AnswerAsync(HttpContext context, AccessRequest access, ListOptions<T> options)
    {
        var form = ObjectForms.OfObject(context.Request.Headers.Accept);
        if (form is ObjectForm.None)
            return Replies.WriteAsync(context, Failures.NotAcceptable(context.Request.Headers.Accept.ToString()));
        if (store.Unknown is { Length: > 0 } unknown)
            return Replies.WriteAsync(
                context, Failures.Unavailable($"{kind.Names.Plural} are not known yet: {unknown}"));
        if (store.Warning is { Length: > 0 } warning)
            context.Response.Headers.Append("Warning", $"299 - \"{WarningText(warning)}\"");
        var writer = new ObjectWriter<T>(kind, store, form, options.Include, settings.Time);
        return access.Verb switch
        {
            "watch" => watch.WriteAsync(context, access, options, writer),
            "list" => list.WriteAsync(context, access.Namespace, options, writer),
            _ => GetAsync(context, store.Current, new StoreKey(access.Namespace, access.Name), writer),
        };
    }

    private async Task GetAsync(HttpContext context, StoreSnapshot<T> snapshot, StoreKey key, ObjectWriter<T> writer)
    {
        if (snapshot.Find(key) is not { } stored)
        {
            await Replies.WriteAsync(context, Failures.NotFound(kind.Names, key.Name));
            return;
        }
        context.Response.ContentType = Replies.JsonType;
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        writer.WriteObject(json, stored);
    }

    private static string VerbOf(HttpRequest request, string name) => request.Method switch
    {
        "GET" when name.Length > 0 => "get",
        "GET" when request.Query["watch"].ToString() is "true" or "1" => "watch",
        "GET" => "list",
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" => name.Length > 0 ? "delete" : "deletecollection",
        var other => other,
    };

    // What would end the quoted text early, or the header, is left out.
    private static string WarningText(string text) =>
        string.Concat(text.Where(c => c is >= ' ' and <= '~' and not ('"' or '\\')));
}
