using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Bridge.ApiServer.Serving;

namespace Bridge.ApiServer.OpenApi;

/// <summary>
/// The OpenAPI v3 document of one group version, in the shape that kubectl explain and the API server's merger read:
/// schemas with x-kubernetes-group-version-kind, and an operation for each verb. Component names get a prefix, as
/// Kubernetes merges no two alike.
/// </summary>
internal sealed class OpenApiDocument
{
    private const string ReferencePrefix = "#/components/schemas/";

    private readonly JsonObject paths = [];
    private readonly JsonObject schemas = [];
    private readonly string group;
    private readonly string version;

    private OpenApiDocument(string group, string version) => (this.group, this.version) = (group, version);

    /// <param name="group">API group.</param>
    /// <param name="version">Its version.</param>
    /// <param name="resources">Names and schemas of the resources in it.</param>
    public static byte[] Build(
        string group, string version, IEnumerable<(ResourceNames Names, ReadOnlyMemory<byte> Schemas)> resources)
    {
        var document = new OpenApiDocument(group, version);
        document.AddSchemas(EmbeddedText.Read("Meta.schema.json"));
        foreach (var (names, schemas) in resources)
        {
            document.AddSchemas(schemas);
            document.AddList(names);
            document.AddPaths(names);
        }
        return Encoding.UTF8.GetBytes(new JsonObject
        {
            ["openapi"] = "3.0.0",
            ["info"] = new JsonObject { ["title"] = "Bridge", ["version"] = version },
            ["paths"] = document.paths,
            ["components"] = new JsonObject { ["schemas"] = document.schemas },
        }.ToJsonString());
    }

    /// <summary>
    /// The index at /openapi/v3: a path per group version with a hash that changes when the document does.
    /// </summary>
    public static byte[] BuildIndex(string group, string version, ReadOnlySpan<byte> document)
    {
        var path = $"apis/{group}/{version}";
        var hash = Convert.ToHexString(SHA256.HashData(document));
        return Encoding.UTF8.GetBytes(new JsonObject
        {
            ["paths"] = new JsonObject
            {
                [path] = new JsonObject { ["serverRelativeURL"] = $"/openapi/v3/{path}?hash={hash}" },
            },
        }.ToJsonString());
    }

    private string Prefix => $"{string.Join('.', group.Split('.').Reverse())}.{version}.";

    private void AddSchemas(ReadOnlyMemory<byte> json)
    {
        foreach (var (name, schema) in JsonNode.Parse(json.Span)!.AsObject())
        {
            var copy = schema!.DeepClone();
            QualifyReferences(copy);
            schemas[Prefix + name] = copy;
        }
    }

    private void QualifyReferences(JsonNode? node)
    {
        if (node is JsonArray array)
        {
            foreach (var item in array)
                QualifyReferences(item);
        }
        if (node is not JsonObject properties)
            return;
        if (properties["$ref"] is JsonValue value && value.TryGetValue<string>(out var reference))
            properties["$ref"] = reference.Replace(ReferencePrefix, ReferencePrefix + Prefix, StringComparison.Ordinal);
        foreach (var (_, child) in properties)
            QualifyReferences(child);
    }

    private JsonObject Nested(string name) =>
        new() { ["allOf"] = new JsonArray(Reference(name)), ["default"] = new JsonObject() };

    private JsonObject Reference(string name) => new() { ["$ref"] = ReferencePrefix + Prefix + name };

    private void AddList(ResourceNames names) => schemas[$"{Prefix}{names.Kind}List"] = new JsonObject
    {
        ["type"] = "object",
        ["description"] = $"A list of {names.Kind} objects.",
        ["required"] = new JsonArray("items"),
        ["x-kubernetes-group-version-kind"] = new JsonArray(Gvk(names, names.Kind + "List")),
        ["properties"] = new JsonObject
        {
            ["apiVersion"] = Text(""),
            ["kind"] = Text(""),
            ["metadata"] = Nested("ListMeta"),
            ["items"] = new JsonObject
            {
                ["type"] = "array",
                ["items"] = Nested(names.Kind),
            },
        },
    };

    private void AddPaths(ResourceNames names)
    {
        var root = $"/apis/{names.GroupVersion}";
        var named = $"{root}/namespaces/{{namespace}}/{names.Plural}";
        var everywhere = Operation(names, "list", $"list{names.Kind}ForAllNamespaces");
        AddPath($"{root}/{names.Plural}", everywhere, ListParameters);
        AddPath(named, Operation(names, "list", $"listNamespaced{names.Kind}"), [InNamespace, .. ListParameters]);
        AddPath($"{named}/{{name}}", Operation(names, "get", $"readNamespaced{names.Kind}"), [InNamespace, Name]);
    }

    private void AddPath(string path, JsonObject operation, IEnumerable<Parameter> parameters) =>
        paths[path] = new JsonObject
        {
            ["get"] = operation,
            ["parameters"] = new JsonArray([.. parameters.Select(Write)]),
        };

    private JsonObject Operation(ResourceNames names, string action, string id) => new()
    {
        ["operationId"] = id,
        ["description"] = $"{(action == "list" ? "list or watch" : "read one of the")} objects of kind {names.Kind}",
        ["tags"] = new JsonArray($"{group}_{version}"),
        ["x-kubernetes-action"] = action,
        ["x-kubernetes-group-version-kind"] = Gvk(names, names.Kind),
        ["responses"] = new JsonObject
        {
            ["200"] = new JsonObject
            {
                ["description"] = "OK",
                ["content"] = new JsonObject
                {
                    ["application/json"] = new JsonObject
                    {
                        ["schema"] = Reference(action == "list" ? names.Kind + "List" : names.Kind),
                    },
                },
            },
        },
    };

    private static JsonObject Gvk(ResourceNames names, string kind) =>
        new() { ["group"] = names.Group, ["version"] = names.Version, ["kind"] = kind };

    private static JsonObject Text(string description) => new() { ["type"] = "string", ["description"] = description };

    private static JsonNode Write(Parameter parameter) => new JsonObject
    {
        ["name"] = parameter.Name,
        ["in"] = parameter.In,
        ["required"] = parameter.In == "path",
        ["description"] = parameter.Description,
        ["schema"] = new JsonObject { ["type"] = parameter.Type, ["uniqueItems"] = true },
    };

    private sealed record Parameter(string Name, string In, string Type, string Description);

    private static readonly Parameter InNamespace = new("namespace", "path", "string", "namespace of the object");
    private static readonly Parameter Name = new("name", "path", "string", "name of the object");

    private static readonly Parameter[] ListParameters =
    [
        new("labelSelector", "query", "string", "equality and set-based label requirements"),
        new("fieldSelector", "query", "string", "field requirements with =, == and !="),
        new("limit", "query", "integer", "objects a page"),
        new("continue", "query", "string", "token of the next page"),
        new("resourceVersion", "query", "string", "where a watch starts; which version a list shows"),
        new("resourceVersionMatch", "query", "string", "Exact or NotOlderThan"),
        new("watch", "query", "boolean", "stream changes instead of a list"),
        new("allowWatchBookmarks", "query", "boolean", "send the current version now and then"),
        new("sendInitialEvents", "query", "boolean", "start a watch with what exists"),
        new("timeoutSeconds", "query", "integer", "how long a watch lasts"),
    ];
}
